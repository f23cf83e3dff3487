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
