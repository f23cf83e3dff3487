select
    games_percent,
    games_count,
    share_of_games,
    share_of_added as share_of_users,
    least_added_count as users_of_the_last
from market_concentration
where source_system = 'rawg' and share_of_added is not null
order by games_percent
