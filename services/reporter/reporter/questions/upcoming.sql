with

newest as (
    select cast(max(observed_at) as date) as day from dim_games
),

wanted as (
    select source_system, game_id, arg_max(users_count, observed_on) as want_to_play
    from fct_game_ownership
    where status = 'toplay'
    group by source_system, game_id
),

dates as (
    select
        source_system,
        game_id,
        released_on,
        lag(released_on) over (partition by source_system, game_id order by valid_from) as released_before
    from dim_games_history
),

moves as (
    select
        source_system,
        game_id,
        count(*) as moves_count,
        sum(date_diff('day', released_before, released_on)) as moved_days
    from dates
    where released_before <> released_on
    group by source_system, game_id
)

select
    games.name,
    games.slug,
    released_on,
    is_tba,
    want_to_play,
    added_count as users,
    coalesce(moves_count, 0) as moves_count,
    coalesce(moved_days, 0) as moved_days,
    count(*) over () as games_count
from dim_games as games
cross join newest
left join wanted using (source_system, game_id)
left join moves using (source_system, game_id)
where
    source_system = 'rawg'
    and not is_deleted and merged_into_game_id is null
    and (released_on > day or is_tba)
    and coalesce(want_to_play, added_count) > 0
order by want_to_play desc nulls last, added_count desc nulls last, game_id
limit 15
