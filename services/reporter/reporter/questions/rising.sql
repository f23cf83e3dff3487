with

days as (
    select max(observed_on) as newest from fct_game_daily_snapshot
),

spans as (
    select
        source_system,
        game_id,
        min(observed_on) as since,
        max(observed_on) as until,
        arg_min(added_count, observed_on) as users_before,
        arg_max(added_count, observed_on) as users
    from fct_game_daily_snapshot cross join days
    where observed_on >= newest - 14 and added_count is not null
    group by source_system, game_id
    having count(*) > 1
)

select
    games.name,
    games.slug,
    (users - users_before) / date_diff('day', since, until) as users_a_day,
    users - users_before as gained,
    users,
    since,
    until,
    count(*) over () as games_count
from spans inner join dim_games as games using (source_system, game_id)
where
    source_system = 'rawg'
    and not is_deleted and merged_into_game_id is null
order by users_a_day desc, game_id
limit 15
