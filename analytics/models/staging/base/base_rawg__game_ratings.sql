{{ config(materialized='view') }}

{{ base_items(ref('base_rawg__games'), 'ratings', 'game_id', [
    'id',
    'title',
    'count as ratings_count',
    'percent as ratings_percent',
]) }}
