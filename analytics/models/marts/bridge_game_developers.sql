{{ config(
    unique_key=['source_system', 'game_id', 'developer_id'],
    meta={'replaces': 'is_last_detail'}
) }}

{{ game_items(
    ref('stg_rawg__game_developers'), 'developer_id', ['developer_id'], 'is_last_detail'
) }}
