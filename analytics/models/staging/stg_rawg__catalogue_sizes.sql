with

source as (

    -- the one list that nothing filters: what the source counts there is its whole catalogue
    select * from {{ source('lake', 'partitions') }}
    where source_system = 'rawg'
        and endpoint = 'games_top'

),

renamed as (

    select
        source_system,
        reported_count as games_count,

        -- where it comes from
        run_date,
        finished_at as observed_at
    from source

)

select * from renamed
