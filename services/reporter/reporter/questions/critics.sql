with

scored as (
    select name, slug, metacritic_score, player_score, score_gap, game_id
    from market_critics_and_players
    where source_system = 'rawg' and ratings_count >= 10
),

-- squares of four by four points, so that any number of games makes the same small picture
squares as (
    select
        floor(metacritic_score / 4) * 4 + 2 as critics,
        floor(player_score / 4) * 4 + 2 as players,
        count(*) as games_count
    from scored
    group by critics, players
),

widest as (
    (select * from scored where score_gap > 0 order by score_gap desc, game_id limit 5)
    union all
    (select * from scored where score_gap < 0 order by score_gap, game_id limit 5)
),

answer as (
    select name, slug, metacritic_score as critics, player_score as players, 1 as games_count, score_gap
    from widest
    union all
    select null, null, critics, players, games_count, null
    from squares
)

select
    answer.*,
    (select corr(player_score, metacritic_score) from scored) as correlation,
    (select count(*) from scored) as scored_games_count
from answer
order by name is null, score_gap, critics, players, name
