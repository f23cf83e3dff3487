with

source as (

    select * from {{ ref('base_rawg__game_ratings') }}

),

renamed as (

    select
        -- ids
        source_system,
        {{ cast_text('game_id', 'id') }} as game_id,
        {{ cast_text('id', 'id') }} as rating_id,

        -- text
        title as rating_title,

        -- numbers
        {{ cast_text('ratings_count', 'count') }} as ratings_count,
        {{ cast_text('ratings_percent', 'percent') }} as ratings_percent,

        -- where it comes from
        run_date,
        observed_at,
        file_name,
        row_hash
    from source

)

select * from renamed
where game_id is not null
    and rating_title is not null
