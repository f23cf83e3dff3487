(
    select
        'platform' as kind,
        name,
        games_count,
        share_of_games,
        share_of_added as share_of_users,
        cast(null as double) as share_nowhere_else
    from market_platform_share
    where source_system = 'rawg'
    order by games_count desc, name
    limit 10
)
union all
(
    select
        'store',
        name,
        games_count,
        share_of_games,
        added_count / (select added_count from market_catalogue where source_system = 'rawg'),
        share_exclusive
    from market_store_presence
    where source_system = 'rawg'
    order by games_count desc, name
    limit 10
)
order by kind, games_count desc, name
