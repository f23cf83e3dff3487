{{ config(
    unique_key=['source_system', 'game_id', 'observed_on', 'platform_id'],
    meta={'replaces': 'is_last_detail_of_day', 'split_by': 'observed_on'}
) }}

{{ game_items(
    ref('stg_rawg__game_platform_scores'),
    'platform_id',
    ['counting.observed_on', 'platform_id', 'metacritic_score', 'review_url'],
    'is_last_detail_of_day',
    prefer='items.metacritic_score desc nulls last, items.review_url'
) }}
