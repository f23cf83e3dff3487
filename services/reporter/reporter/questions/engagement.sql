select
    name,
    games_count,
    copies_count,
    share_beaten,
    playing_count / copies_count as share_playing,
    dropped_count / copies_count as share_dropped,
    (owned_count + unplayed_count) / copies_count as share_not_started
from market_genre_engagement
where source_system = 'rawg' and games_count >= 5 and copies_count > 0
order by share_beaten desc, name
limit 25
