{#- Partitions of which staging has other ids than the manifest counts.

    A partition of which every part is due must have exactly as many; one that was refetched, so
    that some of its parts came with an earlier build, at most as many. Of a model that
    `holds_history` the due parts are looked at. -#}
{% test accounts_for_every_id(model, source_system, endpoint, id, holds_history=false) %}
with

expected as (

    select
        partitions.run_date,
        partitions.distinct_id_count,
        partitions.part_count,
        count(*) as due_part_count
    from {{ source('lake', 'partitions') }} as partitions
    inner join {{ source('lake', 'parts') }} as parts
        on partitions.source_system = parts.source_system
        and partitions.endpoint = parts.endpoint
        and partitions.run_date = parts.run_date
        and parts.is_due
    where partitions.source_system = '{{ source_system }}'
        and partitions.endpoint = '{{ endpoint }}'
    group by partitions.run_date, partitions.distinct_id_count, partitions.part_count

),

found as (

    select
        staged.run_date,
        count(distinct staged.{{ id }}) as staged_id_count
    from {{ model }} as staged
    inner join {{ source('lake', 'parts') }} as parts
        on staged.file_name = parts.file_name
        and parts.source_system = '{{ source_system }}'
        and parts.endpoint = '{{ endpoint }}'
    {%- if holds_history %}
    where {{ due_parts(source_system, endpoint, 'staged') }}
    {%- endif %}
    group by staged.run_date

)

select
    expected.run_date,
    expected.distinct_id_count as ids_in_manifest,
    coalesce(found.staged_id_count, 0) as ids_staged
from expected
left join found on expected.run_date = found.run_date
where coalesce(found.staged_id_count, 0) > expected.distinct_id_count
    or (
        expected.due_part_count = expected.part_count
        and coalesce(found.staged_id_count, 0) < expected.distinct_id_count
    )
{% endtest %}
