with

source as (

    select * from {{ source('lake', 'gone_details') }}
    where source_system = 'rawg'
        and endpoint = 'game_details'

),

renamed as (

    select
        -- ids
        source_system,
        requested_id as game_id,
        merged_into as merged_into_game_id,

        -- text
        outcome,

        -- where it comes from
        run_date,
        observed_at
    from source

)

select * from renamed
