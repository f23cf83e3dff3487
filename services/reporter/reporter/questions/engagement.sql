with

newest as (
    select source_system, game_id, status, arg_max(users_count, observed_on) as users_count
    from fct_game_ownership
    where source_system = 'rawg' and status <> 'toplay'
    group by source_system, game_id, status
),

by_genre as (
    select
        genres.name as genre,
        count(distinct game_id) as games_count,
        sum(users_count) as copies,
        sum(users_count) filter (where status = 'beaten') / copies as share_beaten,
        sum(users_count) filter (where status = 'playing') / copies as share_playing,
        sum(users_count) filter (where status = 'dropped') / copies as share_dropped,
        sum(users_count) filter (where status in ('owned', 'yet')) / copies as share_not_started
    from newest
    inner join dim_games as games using (source_system, game_id)
    inner join bridge_game_genres using (source_system, game_id)
    inner join dim_genres as genres using (source_system, genre_id)
    where not is_deleted and merged_into_game_id is null
    group by genres.name
)

select *
from by_genre
where games_count >= 5 and copies > 0
order by share_beaten desc, genre
limit 25
