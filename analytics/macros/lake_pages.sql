{#- A select of one row per row of an endpoint's due parts: source_system, endpoint, file_name,
    run_date, observed_at, row_hash and `item`, the row's JSON. With `all_parts` of every part.

    A page is an envelope whose `items` are the rows; where its part names no field (details: these
    may have a list of any name) or the page has none, it is one row itself. Anything else on a
    page comes through as a row without an id, and is rejected in the open. -#}
{% macro lake_rows(source_system, endpoint, items='results', all_parts=false) -%}
    {%- set kept = ['source_system', 'endpoint', 'file_name', 'run_date', 'observed_at'] -%}
    select
        exploded.*,
        md5(cast(exploded.item as varchar)) as row_hash
    from (
        {{ explode_array(
            "(" ~ _pages(source_system, endpoint, all_parts) ~ ") as pages",
            'payload', items, kept, array_where='items is not null'
        ) }}
    ) as exploded
{%- endmacro %}

{% macro _pages(source_system, endpoint, all_parts) -%}
    select
        parts.source_system,
        parts.endpoint,
        raw_pages.file_name,
        raw_pages.run_date,
        parts.observed_at,
        parts.items,
        raw_pages.payload
    from {{ source(source_system ~ '_lake', 'raw_' ~ endpoint) }} as raw_pages
    inner join {{ source('lake', 'parts') }} as parts
        on raw_pages.file_name = parts.file_name
    {%- if not all_parts %}
        and parts.is_due
    where {{ due_parts(source_system, endpoint, 'raw_pages') }}
    {%- endif %}
{%- endmacro %}

{#- A condition on raw pages: those of an endpoint's parts that this build loads.

    Names and run dates are written out, because only literals prune: a subquery opens every part
    of history on both warehouses. DuckDB prunes by either, Snowflake's external tables by the run
    date alone, their partition. Of more than twenty run dates the span. With --full-refresh every part
    is due, and so is the condition true. -#}
{% macro due_parts(source_system, endpoint, pages) -%}
    {%- if flags.FULL_REFRESH or not execute -%}
        true
    {%- else -%}
        {%- set query -%}
            select file_name, run_date
            from {{ source('lake', 'parts') }}
            where is_due
                and source_system = '{{ source_system }}'
                and endpoint = '{{ endpoint }}'
            order by file_name
        {%- endset -%}
        {%- set parts = run_query(query) -%}
        {%- set names = parts.columns[0].values() -%}
        {%- set run_dates = parts.columns[1].values() | unique | sort -%}
        {%- if run_dates | length > 20 -%}
            {#- No list that grows with the lake: a join with lake.parts says which of these are due. -#}
            {{ pages }}.run_date between date '{{ run_dates | first }}' and date '{{ run_dates | last }}'
        {%- elif names -%}
            {{ pages }}.run_date in (date '{{ run_dates | join("', date '") }}')
            and {{ pages }}.file_name in ('{{ names | join("', '") }}')
        {%- else -%}
            false
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- A condition on a row of lake.partitions (`alias`): this build loads a part of it. -#}
{% macro has_due_part(alias) -%}
    exists (
        select 1
        from {{ source('lake', 'parts') }} as due_parts
        where due_parts.is_due
            and due_parts.source_system = {{ alias }}.source_system
            and due_parts.endpoint = {{ alias }}.endpoint
            and due_parts.run_date = {{ alias }}.run_date
    )
{%- endmacro %}

{#- A select of what any endpoint's rows have, for one that has no model: id (null where it is
    none), name, slug, and `payload`, the whole row as JSON. Of every part in the lake.

    `items` names the field of a page that holds its rows. -#}
{% macro generic_rows(source_system, endpoint, items) -%}
    select
        source_system,
        {{ cast_text('id', 'id') }} as id,
        name,
        slug,
        payload,
        run_date,
        observed_at,
        file_name,
        row_hash
    from (
        select
            *,
            {{ json_literal('id_value') }} as id
        from (
            {{ json_columns(
                "(" ~ lake_rows(source_system, endpoint, items, all_parts=true) ~ ") as lake_rows",
                _base_columns() + ['item as payload'],
                ['name', 'slug'],
                ['id as id_value']
            ) }}
        ) as item_rows
    ) as text_rows
{%- endmacro %}
