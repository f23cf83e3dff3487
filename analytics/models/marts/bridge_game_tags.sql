{{ config(
    unique_key=['source_system', 'game_id', 'tag_id'],
    meta={'replaces': 'is_current'}
) }}

{{ game_items(
    ref('stg_rawg__game_tags'), 'tag_id', ['tag_id'], 'is_current',
    where="coalesce(items.language, 'eng') = 'eng'"
) }}
