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

{#- Natural keys that this build read and the mart does not have, and rows that it wrote into the
    mart without having read them.

    `loaded`: a staging model that is read for the key `columns`, under its own names by `renamed`
    (column: expression); `also` more of them, of which the mart is the union, `of_rows` a
    condition on both. `counting`: the rows that count (int_counting_games), by its `flag`. -#}
{% test holds_what_was_loaded(
    model, columns, loaded, also=[], renamed={}, of_rows='true', counting=none, flag=none
) %}
with

loaded_keys as (

    {%- for relation in [loaded] + also %}
    {% if not loop.first %}union{% endif %}
    select distinct
        {%- for column in columns %}
        {{ renamed.get(column, 'items.' ~ column) }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }} as items
    {%- if counting %}
    inner join {{ counting }} as counting
        on items.source_system = counting.source_system
        and items.game_id = counting.game_id
        and items.file_name = counting.file_name
        and items.row_hash = counting.row_hash
        and counting.{{ flag }}
    {%- endif %}
    where {{ of_rows }}
    {%- endfor %}

),

missing as (

    select * from loaded_keys
    except
    select {{ columns | join(', ') }} from {{ model }}

),

unread as (

    select {{ columns | join(', ') }} from {{ new_rows(model) }} as tested
    except
    select * from loaded_keys

)

select 'missing in the mart' as problem, missing.* from missing
union all
select 'never loaded' as problem, unread.* from unread
{% endtest %}
