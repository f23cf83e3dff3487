{{ config(
    unique_key=['source_system', 'endpoint', 'file_name', 'row_id', 'field', 'field_value'],
) }}

{%- set listed = {'id': 'bigint', 'games_count': 'bigint'} %}

with

rejected as (

    {{ rejected_rows(ref('base_rawg__games'), 'games', 'id', 'id', {
        'id': 'bigint',
        'released': 'date',
        'tba': 'boolean',
        'rating': 'double',
        'rating_top': 'bigint',
        'ratings_count': 'bigint',
        'reviews_text_count': 'bigint',
        'suggestions_count': 'bigint',
        'added': 'bigint',
        'metacritic': 'bigint',
        'playtime': 'bigint',
        'updated': 'timestamp',
        'esrb_rating': 'object',
        'genres': 'array',
        'platforms': 'array',
        'stores': 'array',
        'tags': 'array',
    }) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__game_genres'), 'games', 'game_id', 'id', {'id': 'bigint'}, 'genres.'
    ) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__game_platforms'), 'games', 'game_id', 'id',
        {'id': 'bigint', 'released_at': 'date'}, 'platforms.'
    ) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__game_stores'), 'games', 'game_id', 'id', {'id': 'bigint'}, 'stores.'
    ) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__game_tags'), 'games', 'game_id', 'id', {'id': 'bigint'}, 'tags.'
    ) }}

    union all

    {{ rejected_rows(ref('base_rawg__genres'), 'genres', 'id', 'id', listed) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__platforms'), 'platforms', 'id', 'id',
        dict(listed, year_start='bigint', year_end='bigint')
    ) }}

    union all

    {{ rejected_rows(ref('base_rawg__stores'), 'stores', 'id', 'id', listed) }}

    union all

    {{ rejected_rows(ref('base_rawg__tags'), 'tags', 'id', 'id', listed) }}

    union all

    {{ rejected_rows(ref('base_rawg__publishers'), 'publishers', 'id', 'id', listed) }}

    union all

    {{ rejected_rows(ref('base_rawg__developers'), 'developers', 'id', 'id', listed) }}

)

select
    source_system,
    endpoint,
    min(run_date) as run_date,
    file_name,
    row_id,
    field,
    field_value,
    min(reason) as reason,
    count(*) as row_count
from rejected
group by source_system, endpoint, file_name, row_id, field, field_value
