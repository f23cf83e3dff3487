with

scored as (
    select
        game_id,
        name,
        slug,
        metacritic_score,
        rating * 20 as player_score,
        ratings_count,
        player_score - metacritic_score as gap
    from dim_games
    where
        source_system = 'rawg'
        and not is_deleted and merged_into_game_id is null
        and metacritic_score is not null and ratings_count >= 10
),

-- squares of four by four points, so that any number of games makes the same small picture
squares as (
    select
        cast(null as varchar) as name,
        cast(null as varchar) as slug,
        floor(metacritic_score / 4) * 4 + 2 as critics,
        floor(player_score / 4) * 4 + 2 as players,
        count(*) as games_count,
        cast(null as double) as gap
    from scored
    group by critics, players
),

widest as (
    (select * from scored where gap > 0 order by gap desc, game_id limit 5)
    union all
    (select * from scored where gap < 0 order by gap, game_id limit 5)
),

answer as (
    select name, slug, metacritic_score as critics, player_score as players, 1 as games_count, gap
    from widest
    union all
    select * from squares
)

select
    answer.*,
    (select corr(player_score, metacritic_score) from scored) as correlation,
    (select count(*) from scored) as scored_games_count
from answer
order by name is null, gap, critics, players, name
