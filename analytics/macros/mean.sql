{#- The mean of a column, two decimals. Over decimals, not doubles: the sum of doubles depends on
    the order in which they come, and a mart must not. A decimal goes into the rounding, too: 4.415
    as a double lies on either side of the half. -#}
{% macro mean(column) -%}
    cast(
        round(cast(avg(cast({{ column }} as decimal(12, 4))) as decimal(18, 8)), 2) as double
    )
{%- endmacro %}
