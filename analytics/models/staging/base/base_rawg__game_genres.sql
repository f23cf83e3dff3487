{{ config(materialized='view') }}

{{ base_items(ref('base_rawg__games'), 'genres', 'game_id', [
    'id',
    'slug',
    'name',
]) }}
