select
    rank,
    name,
    slug,
    coalesce(wanted_count, 0) as wanted_count,
    added_count as users_count,
    released_on,
    is_tba,
    is_placeholder,
    date_changes_count,
    delay_days,
    (
        select count(*)
        from market_upcoming_games as announced
        where announced.source_system = 'rawg'
    ) as announced_games_count
from market_upcoming_games
where source_system = 'rawg' and rank <= 15
order by rank
