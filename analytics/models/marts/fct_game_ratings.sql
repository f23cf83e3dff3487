{{ config(
    unique_key=['source_system', 'game_id', 'observed_on', 'rating_title'],
    pre_hook="{{ replace_rows(this, 'is_last_of_day', ['source_system', 'game_id', 'observed_on']) }}"
) }}

{{ game_items(
    ref('stg_rawg__game_ratings'),
    'rating_title',
    ['counting.observed_on', 'rating_title', 'rating_id', 'ratings_count', 'ratings_percent'],
    'is_last_of_day',
    prefer='items.ratings_count desc nulls last, items.ratings_percent, items.rating_id'
) }}
