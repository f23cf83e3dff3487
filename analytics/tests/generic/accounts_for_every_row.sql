{#- Parts of which rows are missing or too many: what the manifest counts must be staged or
    rejected.

    Staging holds the parts that this build loads; those before it passed in builds of theirs, and
    of a model that `holds_history` they are not read. -#}
{% test accounts_for_every_row(model, source_system, endpoint, holds_history=false) %}
with

expected as (
    select file_name, row_count
    from {{ source('lake', 'parts') }}
    where source_system = '{{ source_system }}'
        and endpoint = '{{ endpoint }}'
        and is_due
),

found as (
    select file_name, count(*) as row_count
    from {{ model }} as staged
    {%- if holds_history %}
    where {{ due_parts(source_system, endpoint, 'staged') }}
    {%- endif %}
    group by file_name

    union all

    select file_name, row_count
    from {{ ref('rejected_values') }}
    where source_system = '{{ source_system }}'
        and endpoint = '{{ endpoint }}'
        and field = 'id'
)

select
    expected.file_name,
    expected.row_count as rows_in_manifest,
    coalesce(sum(found.row_count), 0) as rows_staged_or_rejected
from expected
left join found on expected.file_name = found.file_name
group by expected.file_name, expected.row_count
having coalesce(sum(found.row_count), 0) <> expected.row_count
{% endtest %}
