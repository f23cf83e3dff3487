select
    as_of,
    first_observed_on,
    observed_days_count,
    games_count,
    detailed_games_count,
    source_games_count,
    coverage,
    details_coverage
from market_catalogue
where source_system = 'rawg'
