{{ config(unique_key=['source_system', 'genre_id']) }}

{%- set states = ['owned', 'unplayed', 'playing', 'beaten', 'dropped'] %}

with

sums as (

    select
        bridges.source_system,
        bridges.genre_id,
        count(*) as games_count
        {%- for state in states %},
        cast(coalesce(sum(games.{{ state }}_count), 0) as bigint) as {{ state }}_count
        {%- endfor %}
    from {{ ref('bridge_game_genres') }} as bridges
    inner join {{ present_games() }} as games
        on bridges.source_system = games.source_system
        and bridges.game_id = games.game_id
    group by bridges.source_system, bridges.genre_id

),

copies as (

    select
        *,
        {{ states | join('_count + ') }}_count as copies_count,
        playing_count + beaten_count + dropped_count as started_count
    from sums

)

select
    copies.source_system,
    copies.genre_id,
    catalogues.as_of,
    genres.name,
    copies.games_count,
    copies.copies_count
    {%- for state in states %},
    copies.{{ state }}_count
    {%- endfor %},
    {{ share('copies.beaten_count', 'copies.copies_count') }} as share_beaten,
    {{ share('copies.dropped_count', 'copies.started_count') }} as share_dropped_of_started
from copies
inner join {{ ref('market_catalogue') }} as catalogues
    on copies.source_system = catalogues.source_system
inner join {{ ref('dim_genres') }} as genres
    on copies.source_system = genres.source_system
    and copies.genre_id = genres.genre_id
