{{ config(unique_key=['source_system', 'field']) }}

{%- set columns = [
    'released_on',
    'metacritic_score',
    'esrb_rating',
    'background_image_url',
    'details_observed_at',
] %}

{%- set bridges = {
    'genres': ref('bridge_game_genres'),
    'platforms': ref('bridge_game_platforms'),
    'stores': ref('bridge_game_stores'),
    'tags': ref('bridge_game_tags'),
    'developers': ref('bridge_game_developers'),
    'publishers': ref('bridge_game_publishers'),
} %}

with

known as (

    {% for column in columns %}
    select
        source_system,
        '{{ column }}' as field,
        count({{ column }}) as known_games_count
    from {{ present_games() }}
    group by source_system

    union all
    {% endfor %}
    select
        source_system,
        'rating' as field,
        count(case when ratings_count > 0 then 1 end) as known_games_count
    from {{ present_games() }}
    group by source_system
    {% for field, bridge in bridges.items() %}
    union all

    select
        games.source_system,
        '{{ field }}' as field,
        count(distinct games.game_id) as known_games_count
    from {{ present_games() }} as games
    inner join {{ bridge }} as bridges
        on games.source_system = bridges.source_system
        and games.game_id = bridges.game_id
    group by games.source_system
    {% endfor %}

),

fields as (

    {% for field in columns + ['rating'] + (bridges | list) %}
    select '{{ field }}' as field
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    catalogues.source_system,
    fields.field,
    catalogues.as_of,
    catalogues.source_games_count,
    catalogues.games_count,
    coalesce(known.known_games_count, 0) as known_games_count,
    {{ share('coalesce(known.known_games_count, 0)', 'catalogues.games_count') }}
        as share_of_games
from {{ ref('market_catalogue') }} as catalogues
cross join fields
left join known
    on catalogues.source_system = known.source_system
    and fields.field = known.field
where catalogues.games_count > 0
