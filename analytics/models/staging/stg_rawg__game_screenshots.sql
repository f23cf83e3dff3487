with

source as (

    select * from {{ ref('base_rawg__game_screenshots') }}

),

renamed as (

    select
        -- ids
        source_system,
        {{ cast_text('game_id', 'id') }} as game_id,
        {{ cast_text('id', 'bigint') }} as screenshot_id,

        -- text
        image as image_url,

        -- where it comes from
        run_date,
        observed_at,
        file_name,
        row_hash
    from source

)

select * from renamed
where game_id is not null
    and screenshot_id is not null
