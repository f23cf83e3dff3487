with

games as (
    select source_system, game_id, added_count
    from dim_games
    where
        source_system = 'rawg'
        and not is_deleted and merged_into_game_id is null
),

places as (
    select 'platform' as kind, source_system, game_id, platforms.name
    from bridge_game_platforms
    inner join dim_platforms as platforms using (source_system, platform_id)
    union all
    select 'store' as kind, source_system, game_id, stores.name
    from bridge_game_stores
    inner join dim_stores as stores using (source_system, store_id)
),

of_games as (
    select
        *,
        count(*) over (partition by kind, game_id) = 1 as is_alone
    from games inner join places using (source_system, game_id)
),

totals as (
    select count(*) as games, sum(added_count) as users from games
)

select
    kind,
    name,
    count(*) as games_count,
    count(*) / any_value(totals.games) as share_of_games,
    sum(added_count) / any_value(totals.users) as share_of_users,
    avg(case when is_alone then 1 else 0 end) as share_nowhere_else
from of_games cross join totals
group by kind, name
qualify row_number() over (partition by kind order by count(*) desc, name) <= 10
order by kind, games_count desc, name
