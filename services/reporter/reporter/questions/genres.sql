with

whole_years as (
    select
        name,
        cast(sum(games_count) as bigint) as games_count,
        sum(games_count) / sum(year_games_count) as share_of_games,
        sum(added_count) / sum(year_added_count) as share_of_users,
        cast(sum(added_count) as bigint) as users_count
    from market_genre_trend
    where
        source_system = 'rawg'
        and is_over
        and release_year >= extract(year from as_of) - 5
    group by genre_id, name
    having sum(games_count) >= 5 and sum(year_added_count) > 0
)

select
    name,
    games_count,
    share_of_games,
    share_of_users,
    share_of_users - share_of_games as share_gap,
    users_count
from whole_years
order by share_gap desc, name
limit 25
