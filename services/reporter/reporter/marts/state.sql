select
    count(*) as games_count,
    cast(min(observed_at) as date) as oldest_observed_on,
    cast(max(observed_at) as date) as as_of,
    (
        select count(distinct observed_on)
        from fct_game_daily_snapshot
        where source_system = 'rawg'
    ) as days_count,
    (
        select max(source_games_count)
        from market_catalogue_coverage
        where source_system = 'rawg'
    ) as source_games_count
from dim_games
where source_system = 'rawg' and not is_deleted and merged_into_game_id is null
