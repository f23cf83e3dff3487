{#- A select of one row per element of a JSON array: the columns in `keep`, and `item`.

    What is no array gives no row; with `array_where`, a condition, it gives one row, the whole
    column, and so does an array where the condition does not hold.

    DuckDB: unnest in the select list (a lateral join over pages runs out of memory); from_json
    takes a list apart in half the time of a cast to json[]. Snowflake: flatten, which would also
    take objects apart, hence is_array. -#}
{% macro explode_array(relation, column, path, keep, array_where=none) -%}
    {{ return(adapter.dispatch('explode_array')(relation, column, path, keep, array_where)) }}
{%- endmacro %}

{% macro duckdb__explode_array(relation, column, path, keep, array_where) -%}
    {%- if path -%}
        {%- set elements = "from_json(" ~ column ~ ", '{\"" ~ path ~ "\": [\"JSON\"]}')." ~ path -%}
    {%- else -%}
        {%- set elements = "from_json(" ~ column ~ ", '[\"JSON\"]')" -%}
    {%- endif -%}
    select
        {{ keep | join(',\n        ') }},
        {%- if array_where %}
        unnest(coalesce(case when {{ array_where }} then {{ elements }} end, [{{ column }}])) as item
        {%- else %}
        unnest({{ elements }}) as item
        {%- endif %}
    from {{ relation }}
{%- endmacro %}

{% macro snowflake__explode_array(relation, column, path, keep, array_where) -%}
    {%- set array = json_value(column, path) if path else column -%}
    {%- set otherwise = "array_construct(" ~ column ~ ")" if array_where else "null" -%}
    {%- set is_array = (array_where ~ " and " if array_where else "") ~ "is_array(" ~ array ~ ")" -%}
    select
        {{ keep | join(',\n        ') }},
        flattened.value as item
    from {{ relation }},
        lateral flatten(input => iff({{ is_array }}, {{ array }}, {{ otherwise }})) as flattened
{%- endmacro %}
