{#- A part of a whole, 0 to 1, four decimals; null of nothing. As doubles: Snowflake divides
    integers as decimals of six places. Rounded as a decimal, as `mean` is. -#}
{% macro share(part, whole) -%}
    cast(
        round(
            cast(
                cast({{ part }} as double) / nullif(cast({{ whole }} as double), 0)
                as decimal(18, 8)
            ),
            4
        ) as double
    )
{%- endmacro %}
