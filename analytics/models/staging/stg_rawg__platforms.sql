with

source as (

    select * from {{ ref('base_rawg__platforms') }}

),

renamed as (

    select
        -- ids
        source_system,
        {{ cast_text('id', 'id') }} as platform_id,

        -- text
        slug,
        name,
        background_image as background_image_url,
        image as image_url,

        -- numbers
        {{ cast_text('games_count', 'count') }} as games_count,
        {{ cast_text('year_start', 'bigint') }} as year_start,
        {{ cast_text('year_end', 'bigint') }} as year_end,

        -- where it comes from
        run_date,
        observed_at,
        file_name,
        row_hash
    from source

)

select * from renamed
where platform_id is not null
