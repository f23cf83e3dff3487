{{ config(materialized='view') }}

{{ base_items(ref('base_rawg__games'), 'publishers', 'game_id', [
    'id',
    'slug',
    'name',
]) }}
