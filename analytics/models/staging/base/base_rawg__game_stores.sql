{{ config(materialized='view') }}

{{ base_items(ref('base_rawg__games'), 'stores', 'game_id', [
    'store.id as id',
    'store.slug as slug',
    'store.name as name',
]) }}
