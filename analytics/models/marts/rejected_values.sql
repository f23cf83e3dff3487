{{ config(
    unique_key=['source_system', 'endpoint', 'file_name', 'row_id', 'field', 'field_value'],
    meta={'split_by': 'run_date'}
) }}

{%- set games = {
    'id': 'id',
    'esrb_rating_id': 'bigint',
    'rating_top': 'bigint',
    'esrb_rating': 'object',
    'genres': 'array',
    'platforms': 'array',
    'parent_platforms': 'array',
    'stores': 'array',
    'tags': 'array',
    'ratings': 'array',
    'added_by_status': 'object',
    'developers': 'array',
    'publishers': 'array',
    'metacritic_platforms': 'array',
} -%}
{%- for field in game_fields() if field.type -%}
    {%- do games.update({field.text: field.type}) -%}
{%- endfor -%}
{%- set listed = {'id': 'id', 'games_count': 'count'} %}

with

rejected as (

    {{ rejected_rows(ref('base_rawg__games'), 'id', 'id', games) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__game_genres'), 'game_id', 'id', {'id': 'id'}, 'genres.'
    ) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__game_platforms'), 'game_id', 'id',
        {'id': 'id', 'released_at': 'date'}, 'platforms.'
    ) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__game_stores'), 'game_id', 'id', {'id': 'id'}, 'stores.'
    ) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__game_tags'), 'game_id', 'id', {'id': 'id'}, 'tags.'
    ) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__game_parent_platforms'), 'game_id', 'id', {'id': 'id'},
        'parent_platforms.'
    ) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__game_ratings'), 'game_id', 'title',
        {
            'title': 'varchar',
            'id': 'id',
            'ratings_count': 'count',
            'ratings_percent': 'percent',
        },
        'ratings.'
    ) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__game_developers'), 'game_id', 'id', {'id': 'id'},
        'developers.'
    ) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__game_publishers'), 'game_id', 'id', {'id': 'id'},
        'publishers.'
    ) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__game_platform_scores'), 'game_id', 'id',
        {'id': 'id', 'metascore': 'score'}, 'metacritic_platforms.'
    ) }}

    union all

    {{ rejected_rows(ref('base_rawg__genres'), 'id', 'id', listed) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__platforms'), 'id', 'id',
        dict(listed, year_start='bigint', year_end='bigint')
    ) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__parent_platforms'), 'id', 'id',
        {'id': 'id', 'platforms': 'array'}
    ) }}

    union all

    {{ rejected_rows(
        ref('base_rawg__parent_platform_platforms'), 'parent_platform_id', 'id',
        {'id': 'id'}, 'platforms.'
    ) }}

    union all

    {{ rejected_rows(ref('base_rawg__stores'), 'id', 'id', listed) }}

    union all

    {{ rejected_rows(ref('base_rawg__tags'), 'id', 'id', listed) }}

    union all

    {{ rejected_rows(ref('base_rawg__publishers'), 'id', 'id', listed) }}

    union all

    {{ rejected_rows(ref('base_rawg__developers'), 'id', 'id', listed) }}

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
    cast(count(*) as bigint) as row_count
from rejected
group by source_system, endpoint, file_name, row_id, field, field_value
