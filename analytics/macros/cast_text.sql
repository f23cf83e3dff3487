{#- Text as `type`, null where it is none.

    An integer must be whole: try_cast('4.5' as bigint) rounds on both warehouses. Compared as
    doubles, which are whole above 2^53, so large ids survive; a decimal wide enough is 200
    times slower on DuckDB. -#}
{% macro cast_text(text, type) -%}
    {%- if type == 'bigint' -%}
        case
            when try_cast({{ text }} as double) = floor(try_cast({{ text }} as double))
                then try_cast({{ text }} as bigint)
        end
    {%- else -%}
        try_cast({{ text }} as {{ type }})
    {%- endif -%}
{%- endmacro %}
