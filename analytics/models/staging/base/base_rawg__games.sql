{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='file_name',
    on_schema_change='fail'
) }}

with

lake_rows as (

    {{ lake_rows('rawg', 'games') }}

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
    {{ json_text('item', 'released') }} as released,
    {{ json_text('item', 'tba') }} as tba,
    {{ json_text('item', 'background_image') }} as background_image,
    {{ json_text('item', 'rating') }} as rating,
    {{ json_text('item', 'rating_top') }} as rating_top,
    {{ json_text('item', 'ratings_count') }} as ratings_count,
    {{ json_text('item', 'reviews_text_count') }} as reviews_text_count,
    {{ json_text('item', 'added') }} as added,
    {{ json_text('item', 'metacritic') }} as metacritic,
    {{ json_text('item', 'playtime') }} as playtime,
    {{ json_text('item', 'suggestions_count') }} as suggestions_count,
    {{ json_text('item', 'updated') }} as updated,
    {{ json_text('item', 'esrb_rating') }} as esrb_rating,
    {{ json_text('item', 'esrb_rating.slug') }} as esrb_rating_slug,
    {{ json_value('item', 'genres') }} as genres,
    {{ json_value('item', 'platforms') }} as platforms,
    {{ json_value('item', 'stores') }} as stores,
    {{ json_value('item', 'tags') }} as tags
from lake_rows
