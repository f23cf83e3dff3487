with

source as (

    select * from {{ ref('base_rawg__games') }}

),

renamed as (

    select
        -- ids
        source_system,
        {{ cast_text('id', 'id') }} as game_id,

        -- text
        slug,
        name,
        name_original as original_name,
        description_raw as description,
        esrb_rating_slug as esrb_rating,
        esrb_rating_name,
        background_image as background_image_url,
        website as website_url,

        -- numbers
        {{ cast_text('esrb_rating_id', 'bigint') }} as esrb_rating_id,
        {{ cast_text('metacritic', 'score') }} as metacritic_score,
        {{ cast_text('rating_top', 'bigint') }} as rating_top,
        {{ cast_text('ratings_count', 'count') }} as ratings_count,
        {{ cast_text('reviews_count', 'count') }} as reviews_count,
        {{ cast_text('reviews_text_count', 'count') }} as reviews_text_count,
        {{ cast_text('suggestions_count', 'count') }} as suggestions_count,
        {{ cast_text('added', 'count') }} as added_count,
        {{ cast_text('added_by_status_owned', 'count') }} as owned_count,
        {{ cast_text('added_by_status_yet', 'count') }} as unplayed_count,
        {{ cast_text('added_by_status_playing', 'count') }} as playing_count,
        {{ cast_text('added_by_status_beaten', 'count') }} as beaten_count,
        {{ cast_text('added_by_status_dropped', 'count') }} as dropped_count,
        {{ cast_text('added_by_status_toplay', 'count') }} as wanted_count,
        {{ cast_text('playtime', 'count') }} as playtime_hours,
        {{ cast_text('rating', 'rating') }} as rating,
        {{ cast_text('achievements_count', 'count') }} as achievements_count,
        {{ cast_text('additions_count', 'count') }} as additions_count,
        {{ cast_text('game_series_count', 'count') }} as game_series_count,
        {{ cast_text('screenshots_count', 'count') }} as screenshots_count,
        {{ cast_text('movies_count', 'count') }} as movies_count,

        -- booleans
        endpoint = 'game_details' as is_detail,
        {{ cast_text('tba', 'boolean') }} as is_tba,
        {{ is_rejected('released', 'date') }} as is_released_on_rejected,
        {{ is_rejected('tba', 'boolean') }} as is_tba_rejected,
        {{ is_rejected('metacritic', 'score') }} as is_metacritic_score_rejected,

        -- dates and times
        {{ cast_text('released', 'date') }} as released_on,
        {{ cast_text('updated', 'timestamp') }} as updated_at,

        -- where it comes from
        run_date,
        observed_at,
        file_name,
        row_hash
    from source

)

select * from renamed
where game_id is not null
