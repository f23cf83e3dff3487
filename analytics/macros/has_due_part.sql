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
