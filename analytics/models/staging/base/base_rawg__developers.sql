{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='file_name',
    on_schema_change='fail'
) }}

with

lake_rows as (

    {{ lake_rows('rawg', 'developers') }}

)

select
    source_system,
    file_name,
    run_date,
    observed_at,
    row_hash,
    {{ json_text('item', 'id') }} as id,
    {{ json_text('item', 'slug') }} as slug,
    {{ json_text('item', 'name') }} as name,
    {{ json_text('item', 'games_count') }} as games_count,
    {{ json_text('item', 'image_background') }} as background_image
from lake_rows
