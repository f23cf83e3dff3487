{{ config(
    unique_key=['source_system', 'game_id', 'observed_on', 'status'],
    pre_hook="{{ replace_rows(this, 'is_last_of_day', ['source_system', 'game_id', 'observed_on']) }}"
) }}

{{ game_items(
    ref('stg_rawg__game_ownership'),
    'status',
    ['counting.observed_on', 'status', 'users_count'],
    'is_last_of_day',
    prefer='items.users_count desc nulls last'
) }}
