{#- Text as `type`, null where it is none.

    An integer must be whole: try_cast('4.5' as bigint) rounds on both warehouses. Compared as
    doubles, which are whole above 2^53, so large ids survive; a decimal wide enough is 200
    times slower on DuckDB.

    The others are asked for their form first, since both warehouses take more, and not the same:
    DuckDB reads '2020-02-29 junk' as a date and drops the offset of '10:00:00+02:00', Snowflake
    takes '1577836800' and '02/29/2020' as dates and 'on' as true. -#}
{% macro cast_text(text, type) -%}
    {%- if type == 'bigint' -%}
        case
            when try_cast({{ text }} as double) = floor(try_cast({{ text }} as double))
                then try_cast({{ text }} as bigint)
        end
    {%- elif type == 'boolean' -%}
        case {{ text }} when 'true' then true when 'false' then false end
    {%- elif type == 'date' -%}
        case when {{ text }} like '____-__-__' then try_cast({{ text }} as date) end
    {%- elif type == 'timestamp' -%}
        case
            when {{ text }} like '____-__-__T__:__:__' or {{ text }} like '____-__-__T__:__:__.______'
                then try_cast({{ text }} as timestamp)
        end
    {%- else -%}
        try_cast({{ text }} as {{ type }})
    {%- endif -%}
{%- endmacro %}
