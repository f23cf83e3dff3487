with

source as (

    select * from {{ ref('base_rawg__game_tags') }}

),

renamed as (

    select
        -- ids
        source_system,
        {{ cast_text('game_id', 'id') }} as game_id,
        {{ cast_text('id', 'id') }} as tag_id,

        -- text
        slug,
        name,
        language,

        -- where it comes from
        run_date,
        observed_at,
        file_name,
        row_hash
    from source

)

select * from renamed
where game_id is not null
    and tag_id is not null
