{{ config(
    unique_key=['source_system', 'game_id', 'platform_id'],
    pre_hook="{{ replace_rows(this, 'is_current') }}"
) }}

{{ game_items(
    ref('stg_rawg__game_platforms'), 'platform_id', ['platform_id', 'released_on'], 'is_current',
    prefer='items.released_on nulls last'
) }}
