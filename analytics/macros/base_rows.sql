{#- A base model: rows of the parts that this build loads, taken apart, of an endpoint or of a list
    of endpoints whose rows are alike.

    Columns: source_system, endpoint, file_name, run_date, observed_at, row_hash, then `texts` and
    `values` as json_columns takes them. `id` is as JSON writes it: an id in quotes is none.

    row_hash decides between rows that are equal in everything else, so it begins with a hash of
    the texts: that of the JSON is another one in Snowflake, which sorts keys. -#}
{% macro base_rows(source_system, endpoints, texts, values=[]) -%}
    {%- set id = json_literal('id_value') -%}
    {%- set other_texts = texts | reject('equalto', 'id') | list -%}
    {%- set names = [id] -%}
    {%- for column in other_texts -%}
        {%- do names.append(_name_of(column)) -%}
    {%- endfor -%}
    select
        source_system,
        endpoint,
        file_name,
        run_date,
        observed_at,
        md5(coalesce({{ names | join(", '') || '|' || coalesce(") }}, '')) || row_hash as row_hash,
        {{ id }} as id
        {%- for name in names[1:] %},
        {{ name }}
        {%- endfor %}
        {%- for column in values %},
        {{ _name_of(column) }}
        {%- endfor %}
    from (
        {{ json_columns(
            "(" ~ _lake_rows_of(source_system, endpoints) ~ ") as lake_rows",
            _base_columns(), other_texts, values + ['id as id_value']
        ) }}
    ) as text_rows
{%- endmacro %}

{#- The same for the elements of a JSON array in rows of a base model: `id` is what the array's
    owner is called here. -#}
{% macro base_items(base, array, id, texts) -%}
    {{ json_columns(
        "(" ~ explode_array(base, array, none, _base_columns() + ['id as ' ~ id]) ~ ") as items",
        _base_columns() + [id],
        texts
    ) }}
{%- endmacro %}

{% macro _lake_rows_of(source_system, endpoints) -%}
    {%- for endpoint in ([endpoints] if endpoints is string else endpoints) -%}
        {{ lake_rows(source_system, endpoint) }}
        {%- if not loop.last %}
        union all
        {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro _base_columns() -%}
    {{ return(['source_system', 'endpoint', 'file_name', 'run_date', 'observed_at', 'row_hash']) }}
{%- endmacro %}
