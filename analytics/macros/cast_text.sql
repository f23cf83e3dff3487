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
