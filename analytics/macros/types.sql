{#- Text as `type`, null where it is none: a type of both warehouses, or one of `domains`.

    An `id` is what the extractor counts as one: a positive bigint, written as JSON writes integers. What
    is in quotes, has a decimal point or is larger is none. `'5.0'` casts to an integer and `'1_000'`
    does on DuckDB: so the number written again must be the same text.

    Another integer must be whole: try_cast('4.5' as bigint) rounds on both warehouses. Compared as
    doubles, which are whole above 2^53, so large ids survive; a decimal wide enough is 200
    times slower on DuckDB.

    The others are asked for their form first, since both warehouses take more, and not the same:
    DuckDB reads '2020-02-29 junk' as a date and drops the offset of '10:00:00+02:00', Snowflake
    takes '1577836800' and '02/29/2020' as dates and 'on' as true. -#}
{% macro cast_text(text, type) -%}
    {%- set domain = domains().get(type, {}) -%}
    {%- set plain = domain.get('type', type) -%}
    {%- set number = "try_cast(" ~ text ~ " as double)" -%}
    {%- if type == 'id' -%}
        case
            when cast(try_cast({{ text }} as bigint) as varchar) = {{ text }}
                and try_cast({{ text }} as bigint) between 1 and 9223372036854775807
                then try_cast({{ text }} as bigint)
        end
    {%- elif plain == 'bigint' -%}
        case
            when {{ number }} = floor({{ number }}){{ _and_within(number, domain) }}
                then try_cast({{ text }} as bigint)
        end
    {%- elif plain == 'boolean' -%}
        case {{ text }} when 'true' then true when 'false' then false end
    {%- elif plain == 'date' -%}
        case when {{ text }} like '____-__-__' then try_cast({{ text }} as date) end
    {%- elif plain == 'timestamp' -%}
        case
            when {{ text }} like '____-__-__T__:__:__' or {{ text }} like '____-__-__T__:__:__.______'
                then try_cast({{ text }} as timestamp)
        end
    {%- elif domain -%}
        case when true{{ _and_within(number, domain) }} then {{ number }} end
    {%- else -%}
        try_cast({{ text }} as {{ type }})
    {%- endif -%}
{%- endmacro %}

{#- Types that are narrower than the warehouses': what the source can mean. Anything else is an error
    of its own, that no build of ours can mend, and the lake keeps it for good. A count is small enough
    for a sum of a million of them to be a bigint. -#}
{% macro domains() -%}
    {{ return({
        'count': {'type': 'bigint', 'minimum': 0, 'maximum': 1000000000000},
        'score': {'type': 'bigint', 'minimum': 0, 'maximum': 100},
        'percent': {'type': 'double', 'minimum': 0, 'maximum': 100},
        'rating': {'type': 'double', 'minimum': 0, 'maximum': 5},
    }) }}
{%- endmacro %}

{% macro _and_within(number, domain) -%}
    {%- if 'minimum' in domain %} and {{ number }} >= {{ domain.minimum }}{% endif -%}
    {%- if 'maximum' in domain %} and {{ number }} <= {{ domain.maximum }}{% endif -%}
{%- endmacro %}

{#- Whether a text stands for a value that can't be typed: null, and not because the source says so. -#}
{% macro is_rejected(text, type) -%}
    {{ text }} is not null and {{ cast_text(text, type) }} is null
{%- endmacro %}

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
