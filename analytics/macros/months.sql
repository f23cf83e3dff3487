{#- Days as months of 30.4375 days, one decimal; rounded as a decimal, as `mean` is. -#}
{% macro months(days) -%}
    cast(round(cast(cast({{ days }} as double) / 30.4375 as decimal(18, 8)), 1) as double)
{%- endmacro %}
