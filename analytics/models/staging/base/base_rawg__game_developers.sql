{{ config(materialized='view') }}

{{ base_items(ref('base_rawg__games'), 'developers', 'game_id', [
    'id',
    'slug',
    'name',
]) }}
