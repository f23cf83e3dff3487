{#- A layer's schema has the layer's name, on every target (dbt's default puts the target's
    before it). -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
