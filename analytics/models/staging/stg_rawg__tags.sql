with

source as (

    select * from {{ ref('base_rawg__tags') }}

),

renamed as (

    select
        -- ids
        source_system,
        {{ cast_text('id', 'id') }} as tag_id,

        -- text
        slug,
        name,
        language,
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
where tag_id is not null
