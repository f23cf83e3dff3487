{{ config(materialized='view') }}

{{ base_items(ref('base_rawg__parent_platforms'), 'platforms', 'parent_platform_id', [
    'id',
    'slug',
    'name',
]) }}
