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
