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
