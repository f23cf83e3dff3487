with

source as (

    select * from {{ ref('base_rawg__genres') }}

),

renamed as (

    select
        -- ids
        source_system,
        {{ cast_text('id', 'id') }} as genre_id,

        -- text
        slug,
        name,
        background_image as background_image_url,

        -- numbers
        {{ cast_text('games_count', 'count') }} as games_count,

        -- where it comes from
        run_date,
        observed_at,
        file_name,
        row_hash
    from source

)

select * from renamed
where genre_id is not null
