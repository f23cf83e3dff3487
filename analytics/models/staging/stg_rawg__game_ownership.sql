with

source as (

    select * from {{ ref('base_rawg__game_ownership') }}

),

renamed as (

    select
        -- ids
        source_system,
        {{ cast_text('game_id', 'id') }} as game_id,

        -- text
        status,

        -- numbers
        {{ cast_text('users_count', 'count') }} as users_count,

        -- where it comes from
        run_date,
        observed_at,
        file_name,
        row_hash
    from source

)

select * from renamed
where game_id is not null
    and status is not null
