with

source as (

    select * from {{ ref('base_rawg__publishers') }}

),

renamed as (

    select
        -- ids
        source_system,
        {{ cast_text('id', 'id') }} as publisher_id,

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
where publisher_id is not null
