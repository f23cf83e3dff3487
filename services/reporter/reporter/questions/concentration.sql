with

ranked as (
    select
        added_count,
        row_number() over most_wanted as place,
        count(*) over () as games,
        sum(added_count) over () as users,
        sum(added_count) over most_wanted as users_so_far
    from dim_games
    where
        source_system = 'rawg'
        and not is_deleted and merged_into_game_id is null
        and added_count is not null
    window most_wanted as (
        order by added_count desc, game_id rows unbounded preceding
    )
)

-- a row for each whole percent of the games
select
    cast(ceil(100.0 * place / games) as bigint) as percent_of_games,
    max(place) as games_count,
    cast(max(users_so_far) / any_value(users) as double) as share_of_users,
    min(added_count) as users_of_the_last
from ranked
where users > 0
group by percent_of_games
order by percent_of_games
