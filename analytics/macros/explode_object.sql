{#- A select of one row per member of a JSON object: the columns in `keep`, `name`, and `item`, its
    value. What is no object gives no row.

    DuckDB: an object casts to a map. Snowflake: flatten, which would also take arrays apart. -#}
{% macro explode_object(relation, column, keep) -%}
    {{ return(adapter.dispatch('explode_object')(relation, column, keep)) }}
{%- endmacro %}

{% macro duckdb__explode_object(relation, column, keep) -%}
    select
        kept.* exclude (member),
        kept.member.key as name,
        kept.member.value as item
    from (
        select
            {{ keep | join(',\n            ') }},
            unnest(map_entries(try_cast({{ column }} as map(varchar, json)))) as member
        from {{ relation }}
    ) as kept
{%- endmacro %}

{% macro snowflake__explode_object(relation, column, keep) -%}
    select
        {{ keep | join(',\n        ') }},
        flattened.key as name,
        flattened.value as item
    from {{ relation }},
        lateral flatten(input => iff(is_object({{ column }}), {{ column }}, null)) as flattened
{%- endmacro %}
