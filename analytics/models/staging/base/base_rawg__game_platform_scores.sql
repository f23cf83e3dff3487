{{ config(materialized='view') }}

{{ base_items(ref('base_rawg__games'), 'metacritic_platforms', 'game_id', [
    'platform.platform as id',
    'platform.slug as slug',
    'platform.name as name',
    'metascore',
    'url',
]) }}
