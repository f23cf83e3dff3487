{#- A select of columns out of a JSON column `item`: first the columns in `keep`, then `texts` as
    text and `values` as JSON. Each of these is a path, or `path as name`.

    DuckDB: one call with a list of paths, since each call parses the whole JSON anew (27 paths in
    70,000 games: 1.1 seconds instead of 3.4). Snowflake: a VARIANT is parsed already. -#}
{% macro json_columns(relation, keep, texts, values=[]) -%}
    {{ return(adapter.dispatch('json_columns')(relation, keep, texts, values)) }}
{%- endmacro %}

{% macro duckdb__json_columns(relation, keep, texts, values) -%}
    select
        {{ keep | join(',\n        ') }}
        {%- for column in texts %},
        item_texts[{{ loop.index }}] as {{ _name_of(column) }}
        {%- endfor %}
        {%- for column in values %},
        item_values[{{ loop.index }}] as {{ _name_of(column) }}
        {%- endfor %}
    from (
        select
            *,
            json_extract_string(item, {{ _path_list(texts) }}) as item_texts
            {%- if values %},
            json_extract(item, {{ _path_list(values) }}) as item_values
            {%- endif %}
        from {{ relation }}
    ) as items
{%- endmacro %}

{% macro snowflake__json_columns(relation, keep, texts, values) -%}
    select
        {{ keep | join(',\n        ') }}
        {%- for column in texts %},
        {{ json_text('item', _path_of(column)) }} as {{ _name_of(column) }}
        {%- endfor %}
        {%- for column in values %},
        {{ json_value('item', _path_of(column)) }} as {{ _name_of(column) }}
        {%- endfor %}
    from {{ relation }}
{%- endmacro %}

{% macro _path_of(column) -%}
    {{ return(column.split(' as ')[0]) }}
{%- endmacro %}

{% macro _name_of(column) -%}
    {{ return(column.split(' as ')[-1]) }}
{%- endmacro %}

{% macro _path_list(columns) -%}
    [
        {%- for column in columns -%}
        '$.{{ _path_of(column) }}'{{ ', ' if not loop.last }}
        {%- endfor -%}
    ]
{%- endmacro %}
