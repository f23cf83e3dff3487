{#- A table, unlike the other lists inside games: it has more elements than all of them together, and
    three models read it. -#}
{{ config(materialized='table') }}

{{ base_items(ref('base_rawg__games'), 'tags', 'game_id', [
    'id',
    'slug',
    'name',
    'language',
]) }}
