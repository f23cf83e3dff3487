{{ config(
    unique_key=['source_system', 'game_id', 'store_id'],
    meta={'replaces': 'is_current'}
) }}

{{ game_items(
    ref('stg_rawg__game_stores'), 'store_id', ['store_id'], 'is_current'
) }}
