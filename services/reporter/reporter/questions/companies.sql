with

makers as (
    select source_system, game_id, lower(name) as maker
    from bridge_game_developers
    inner join dim_developers using (source_system, developer_id)
),

published as (
    select
        games.source_system,
        games.game_id,
        publisher_id,
        publishers.name as publisher,
        added_count,
        exists (
            from makers
            where
                makers.source_system = games.source_system
                and makers.game_id = games.game_id
                and makers.maker = lower(publishers.name)
        ) as is_own
    from dim_games as games
    inner join bridge_game_publishers using (source_system, game_id)
    inner join dim_publishers as publishers using (source_system, publisher_id)
    where
        games.source_system = 'rawg'
        and not is_deleted and merged_into_game_id is null
),

by_game as (
    select game_id, bool_or(is_own) as is_self_published from published group by game_id
),

totals as (
    select count(*) as games, avg(case when is_self_published then 1 else 0 end) as self_published from by_game
)

select
    publisher,
    count(*) as games_count,
    sum(added_count) as users,
    sum(added_count) / sum(sum(added_count)) over () as share_of_users,
    avg(case when is_own then 1 else 0 end) as share_self_published,
    any_value(totals.games) as all_games_count,
    any_value(totals.self_published) as share_of_all_self_published
from published cross join totals
group by publisher_id, publisher
having sum(added_count) > 0
order by users desc, publisher_id
limit 15
