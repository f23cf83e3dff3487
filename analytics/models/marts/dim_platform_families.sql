{{ config(unique_key=['source_system', 'parent_platform_id']) }}

{{ dimension(
    'parent_platform_id',
    {},
    endpoint='parent_platforms',
    listed=ref('stg_rawg__parent_platforms'),
    named=[ref('stg_rawg__game_parent_platforms')],
) }}
