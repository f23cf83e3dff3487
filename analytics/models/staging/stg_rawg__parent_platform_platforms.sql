with

source as (

    select * from {{ ref('base_rawg__parent_platform_platforms') }}

),

renamed as (

    select
        -- ids
        source_system,
        {{ cast_text('parent_platform_id', 'id') }} as parent_platform_id,
        {{ cast_text('id', 'id') }} as platform_id,

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
    and platform_id is not null
