with

source as (

    select * from {{ ref('base_rawg__parent_platforms') }}

),

renamed as (

    select
        -- ids
        source_system,
        {{ cast_text('id', 'id') }} as parent_platform_id,

        -- text
        slug,
        name,

        -- where it comes from
        run_date,
        observed_at,
        file_name,
        row_hash
    from source

)

select * from renamed
where parent_platform_id is not null
