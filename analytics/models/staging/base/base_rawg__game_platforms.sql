{{ config(materialized='view') }}

{{ base_items(ref('base_rawg__games'), 'platforms', 'game_id', [
    'platform.id as id',
    'platform.slug as slug',
    'platform.name as name',
    'released_at',
]) }}
