{{ config(
    unique_key=['source_system', 'game_id', 'parent_platform_id'],
    meta={'replaces': 'is_current'}
) }}

{{ game_items(
    ref('stg_rawg__game_parent_platforms'), 'parent_platform_id', ['parent_platform_id'], 'is_current'
) }}
