{#- A condition on the file name column: the parts of an endpoint that this build loads.

    The names are written out, because only literals prune: a subquery opens every part of
    history on both warehouses. With --full-refresh every part is due, and so is the condition
    true. -#}
{% macro due_parts(source_system, endpoint, column) -%}
    {%- if flags.FULL_REFRESH or not execute -%}
        true
    {%- else -%}
        {%- set query -%}
            select file_name
            from {{ source('lake', 'parts') }}
            where is_due
                and source_system = '{{ source_system }}'
                and endpoint = '{{ endpoint }}'
            order by file_name
        {%- endset -%}
        {%- set names = run_query(query).columns[0].values() -%}
        {%- if names -%}
            {{ column }} in ('{{ names | join("', '") }}')
        {%- else -%}
            false
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
