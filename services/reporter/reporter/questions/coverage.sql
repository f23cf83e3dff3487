select
    field,
    known_games_count,
    games_count,
    source_games_count,
    share_of_games as share_of_known
from market_catalogue_coverage
where source_system = 'rawg'
order by share_of_games desc, field
