{#- A select of what can't be typed in a base model, or is out of its type's range: one row per row
    and field.

    `fields` maps a text column to its type: a type of cast_text, `array` or `object`; `key`
    names the column that every row must have. An array or object may be missing, null or {}. -#}
{% macro rejected_rows(relation, row_id, key, fields, prefix='') -%}
    {%- set reasons = {
        'id': 'not an id: an integer from 1 to 9223372036854775807, not in quotes',
        'bigint': 'not an integer',
        'double': 'not a number',
        'boolean': 'neither true nor false',
        'date': 'not a date',
        'timestamp': 'not a time',
        'varchar': 'not a text',
        'array': 'not a list',
        'object': 'not an object',
    } -%}
    select
        source_system,
        endpoint,
        run_date,
        file_name,
        coalesce({{ row_id }}, '') as row_id,
        '{{ prefix }}' || field_name as field,
        coalesce(left(field_value, 200), '') as field_value,
        reason
    from (
        {%- for column, type in fields.items() %}
        select
            dirty_rows.*,
            '{{ column }}' as field_name,
            {{ column if type == 'id' else "trim(cast(" ~ column ~ " as varchar), '\"')" }} as field_value,
            {% if column == key -%}
            case when {{ column }} is null then 'missing' else '{{ reasons[type] }}' end as reason
            {%- elif type in domains() -%}
            {%- set plain = domains()[type]['type'] -%}
            case
                when {{ cast_text(column, plain) }} is null then '{{ reasons[plain] }}'
                else 'out of range'
            end as reason
            {%- else -%}
            '{{ reasons[type] }}' as reason
            {%- endif %}
        from {{ relation }} as dirty_rows
        where {{ _is_rejected(column, type, required=(column == key)) }}
        {% if not loop.last %}union all{% endif %}
        {%- endfor %}
    ) as rejected
{%- endmacro %}

{% macro _is_rejected(column, type, required) -%}
    {%- if type in ('array', 'object') -%}
        left(cast({{ column }} as varchar), 1) <> '{{ "[" if type == "array" else "{" }}'
        and cast({{ column }} as varchar) not in ('null', '{}')
    {%- elif required -%}
        {{ cast_text(column, type) }} is null
    {%- else -%}
        {{ column }} is not null and {{ cast_text(column, type) }} is null
    {%- endif -%}
{%- endmacro %}
