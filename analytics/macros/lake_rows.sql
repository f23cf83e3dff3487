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
