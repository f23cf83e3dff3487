{{ config(materialized='view') }}

{{ base_items(ref('base_rawg__games'), 'parent_platforms', 'game_id', [
    'platform.id as id',
    'platform.slug as slug',
    'platform.name as name',
]) }}
