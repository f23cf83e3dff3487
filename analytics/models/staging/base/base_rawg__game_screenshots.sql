{{ config(materialized='view') }}

{{ base_items(ref('base_rawg__games'), 'short_screenshots', 'game_id', [
    'id',
    'image',
]) }}
