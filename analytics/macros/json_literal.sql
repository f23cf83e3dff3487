{#- A JSON value as it is written: a text is in quotes, so that "5" is told from 5. JSON null is null.

    DuckDB: a cast. Snowflake: a cast would take the quotes off; to_json does not. -#}
{% macro json_literal(value) -%}
    {{ return(adapter.dispatch('json_literal')(value)) }}
{%- endmacro %}

{% macro duckdb__json_literal(value) -%}
    nullif(cast({{ value }} as varchar), 'null')
{%- endmacro %}

{% macro snowflake__json_literal(value) -%}
    nullif(to_json({{ value }}), 'null')
{%- endmacro %}
