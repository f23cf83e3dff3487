with

by_genre as (
    select
        genres.name,
        count(*) as games_count,
        cast(sum(beaten_count) as bigint) as beaten,
        cast(sum(playing_count) as bigint) as playing,
        cast(sum(dropped_count) as bigint) as dropped,
        cast(sum(owned_count) + sum(unplayed_count) as bigint) as not_started,
        beaten + playing + dropped + not_started as copies_count
    from dim_games as games
    inner join bridge_game_genres using (source_system, game_id)
    inner join dim_genres as genres using (source_system, genre_id)
    where
        source_system = 'rawg'
        and not is_deleted and merged_into_game_id is null
        and beaten_count is not null
    group by genres.name
)

select
    name,
    games_count,
    copies_count,
    beaten / copies_count as share_beaten,
    playing / copies_count as share_playing,
    dropped / copies_count as share_dropped,
    not_started / copies_count as share_not_started
from by_genre
where games_count >= 5 and copies_count > 0
order by share_beaten desc, name
limit 25
