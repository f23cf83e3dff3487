{#- The JSON value at a path of a JSON value, for what is taken apart later.

    DuckDB: -> gives JSON. Snowflake: a path on a VARIANT gives a VARIANT. -#}
{% macro json_value(value, path) -%}
    {{ return(adapter.dispatch('json_value')(value, path)) }}
{%- endmacro %}

{% macro duckdb__json_value(value, path) -%}
    ({{ value }} -> '$.{{ path }}')
{%- endmacro %}

{% macro snowflake__json_value(value, path) -%}
    {{ value }}:{{ path }}
{%- endmacro %}
