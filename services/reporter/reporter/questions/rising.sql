select
    rank,
    name,
    slug,
    gained_per_day,
    gained_count,
    added_count as users_count,
    compared_on,
    last_observed_on,
    span_days,
    is_new,
    (
        select count(*)
        from market_rising_games as compared
        where compared.source_system = 'rawg' and compared.rank is not null
    ) as compared_games_count
from market_rising_games
where source_system = 'rawg' and rank <= 15
order by rank
