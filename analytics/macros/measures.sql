{#- The mean of a column, two decimals. Over decimals, not doubles: the sum of doubles depends on
    the order in which they come, and a mart must not. A decimal goes into the rounding, too: 4.415
    as a double lies on either side of the half. -#}
{% macro mean(column) -%}
    cast(
        round(cast(avg(cast({{ column }} as decimal(12, 4))) as decimal(18, 8)), 2) as double
    )
{%- endmacro %}

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

{#- Days as months of 30.4375 days, one decimal; rounded as a decimal, as `mean` is. -#}
{% macro months(days) -%}
    cast(round(cast(cast({{ days }} as double) / 30.4375 as decimal(18, 8)), 1) as double)
{%- endmacro %}

{#- The whole numbers from 0 that `digits` decimal digits write, one row each, as `number`. -#}
{% macro whole_numbers(digits) -%}
    (
        select
            {%- for place in range(digits) %}
            {{ '+ ' if not loop.first }}digit_{{ place }}.digit * {{ 10 ** place }}
            {%- endfor %} as number
        from
            {%- for place in range(digits) %}
            {{ 'cross join ' if not loop.first }}(
                {%- for digit in range(10) %}
                select {{ digit }} as digit {{ 'union all' if not loop.last }}
                {%- endfor %}
            ) as digit_{{ place }}
            {%- endfor %}
    )
{%- endmacro %}

{#- Day of the week, Monday 1 to Sunday 7. Both know `dayofweekiso`, under other names. -#}
{% macro iso_weekday(day) -%}
    {{ return(adapter.dispatch('iso_weekday')(day)) }}
{%- endmacro %}

{% macro duckdb__iso_weekday(day) -%}
    isodow({{ day }})
{%- endmacro %}

{% macro snowflake__iso_weekday(day) -%}
    dayofweekiso({{ day }})
{%- endmacro %}

{#- A condition on a day of release: one that sources enter where they know the year alone. -#}
{% macro is_placeholder_date(day) -%}
    (
        extract(month from {{ day }}) = 1 and extract(day from {{ day }}) = 1
        or extract(month from {{ day }}) = 12 and extract(day from {{ day }}) = 31
    )
{%- endmacro %}
