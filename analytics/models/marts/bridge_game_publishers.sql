{{ config(
    unique_key=['source_system', 'game_id', 'publisher_id'],
    meta={'replaces': 'is_last_detail'}
) }}

{{ game_items(
    ref('stg_rawg__game_publishers'), 'publisher_id', ['publisher_id'], 'is_last_detail'
) }}
