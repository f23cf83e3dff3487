{{ config(
    unique_key=['source_system', 'game_id', 'genre_id'],
    meta={'replaces': 'is_current'}
) }}

{{ game_items(
    ref('stg_rawg__game_genres'), 'genre_id', ['genre_id'], 'is_current'
) }}
