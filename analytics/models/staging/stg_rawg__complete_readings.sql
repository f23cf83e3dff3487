with

partitions as (

    select * from {{ source('lake', 'partitions') }}
    where source_system = 'rawg'
        and is_complete

),

parts as (

    select * from {{ source('lake', 'parts') }}
    where is_due or is_loaded

),

readings as (

    select
        partitions.source_system,
        partitions.endpoint,

        -- where it comes from
        partitions.run_date,
        min(parts.observed_at) as observed_from
    from partitions
    inner join parts
        on partitions.source_system = parts.source_system
        and partitions.endpoint = parts.endpoint
        and partitions.run_date = parts.run_date
        -- a refetch names what was read before it, too: that is not this reading
        and partitions.generation = parts.generation
    group by partitions.source_system, partitions.endpoint, partitions.run_date

)

select * from readings
