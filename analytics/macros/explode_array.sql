{#- A select of one row per element of a JSON array: the columns in `keep`, and `item`.

    What is no array gives no row; with `or_whole_column` (a page that is one object, as details
    are) it gives one row, the whole column.

    DuckDB: unnest in the select list (a lateral join over pages runs out of memory); from_json
    takes a list apart in half the time of a cast to json[]. Snowflake: flatten, which would also
    take objects apart, hence is_array. -#}
{% macro explode_array(relation, column, path, keep, or_whole_column=false) -%}
    {{ return(adapter.dispatch('explode_array')(relation, column, path, keep, or_whole_column)) }}
{%- endmacro %}

{% macro duckdb__explode_array(relation, column, path, keep, or_whole_column) -%}
    {%- if path -%}
        {%- set elements = "from_json(" ~ column ~ ", '{\"" ~ path ~ "\": [\"JSON\"]}')." ~ path -%}
    {%- else -%}
        {%- set elements = "from_json(" ~ column ~ ", '[\"JSON\"]')" -%}
    {%- endif -%}
    select
        {{ keep | join(',\n        ') }},
        unnest({{ "coalesce(" ~ elements ~ ", [" ~ column ~ "])" if or_whole_column else elements }}) as item
    from {{ relation }}
{%- endmacro %}

{% macro snowflake__explode_array(relation, column, path, keep, or_whole_column) -%}
    {%- set array = json_value(column, path) if path else column -%}
    {%- set otherwise = "array_construct(" ~ column ~ ")" if or_whole_column else "null" -%}
    select
        {{ keep | join(',\n        ') }},
        flattened.value as item
    from {{ relation }},
        lateral flatten(input => iff(is_array({{ array }}), {{ array }}, {{ otherwise }})) as flattened
{%- endmacro %}
