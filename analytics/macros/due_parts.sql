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
