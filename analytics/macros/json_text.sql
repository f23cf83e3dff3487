{#- The text at a path of a JSON value; null where the path is missing or holds JSON null.

    DuckDB: ->> with a JSON path, in parentheses because the arrow binds loosely.
    Snowflake: a path on a VARIANT, cast; a JSON null becomes a null there too. -#}
{% macro json_text(value, path=none) -%}
    {{ return(adapter.dispatch('json_text')(value, path)) }}
{%- endmacro %}

{% macro duckdb__json_text(value, path) -%}
    ({{ value }} ->> '${{ '.' ~ path if path }}')
{%- endmacro %}

{% macro snowflake__json_text(value, path) -%}
    cast({{ value }}{{ ':' ~ path if path }} as varchar)
{%- endmacro %}
