{#- Endpoints of which nothing so new as it should be is in the lake: an incremental one should have
    the day before the newest complete one, a snapshot nothing older than its interval. For
    lake.partitions. -#}
{% test is_fresh(model) %}
select
    endpoints.endpoint,
    endpoints.due_run_date,
    max(partitions.run_date) as newest_run_date
from {{ source('lake', 'endpoints') }} as endpoints
left join {{ model }} as partitions
    on endpoints.source_system = partitions.source_system
    and endpoints.endpoint = partitions.endpoint
group by endpoints.endpoint, endpoints.due_run_date
having coalesce(max(partitions.run_date) < endpoints.due_run_date, true)
{% endtest %}

{#- Partitions that this build loads and that are known not to hold everything: limited, drifted,
    behind the window; or complete by coverage, and still short of what the API counts. A list
    that was proven is not here: its count may be a cached one. For lake.partitions. -#}
{% test is_whole(model) %}
select
    partitions.endpoint,
    partitions.run_date,
    partitions.reasons,
    partitions.distinct_id_count,
    partitions.reported_count
from {{ model }} as partitions
left join {{ source('lake', 'endpoints') }} as endpoints
    on partitions.source_system = endpoints.source_system
    and partitions.endpoint = endpoints.endpoint
where {{ has_due_part('partitions') }}
    and (
        not partitions.is_complete
        or (
            endpoints.min_coverage is not null
            and endpoints.page_limit is null
            and partitions.distinct_id_count < partitions.reported_count
        )
    )
{% endtest %}

{#- Partitions that this build loads and that are unusually small or large: incremental ones
    against the median of up to 28 partitions before them (from the eighth on; a quarter, four
    times), snapshots that lost a tenth of their ids since the one before. What is not complete
    is is_whole's. For lake.partitions. -#}
{% test has_usual_row_count(model) %}
with

due as (

    select
        partitions.*,
        endpoints.kind
    from {{ model }} as partitions
    inner join {{ source('lake', 'endpoints') }} as endpoints
        on partitions.source_system = endpoints.source_system
        and partitions.endpoint = endpoints.endpoint
    where partitions.is_complete
        and {{ has_due_part('partitions') }}

),

compared as (

    select
        due.endpoint,
        due.run_date,
        due.kind,
        due.row_count,
        due.distinct_id_count,
        earlier.row_count as earlier_row_count,
        earlier.distinct_id_count as earlier_distinct_id_count,
        row_number() over (
            partition by due.source_system, due.endpoint, due.run_date
            order by earlier.run_date desc nulls last
        ) as distance
    from due
    inner join {{ model }} as earlier
        on due.source_system = earlier.source_system
        and due.endpoint = earlier.endpoint
        and due.run_date > earlier.run_date
        and earlier.is_complete

)

select
    endpoint,
    run_date,
    row_count,
    median(earlier_row_count) as usual_row_count
from compared
where kind = 'incremental'
    and distance <= 28
group by endpoint, run_date, row_count
having count(*) >= 7
    and (
        row_count * 4 < median(earlier_row_count)
        or row_count > median(earlier_row_count) * 4
    )

union all

select
    endpoint,
    run_date,
    distinct_id_count,
    earlier_distinct_id_count
from compared
where kind = 'snapshot'
    and distance = 1
    and distinct_id_count * 10 < earlier_distinct_id_count * 9
{% endtest %}
