{#- A condition on a day of release: one that sources enter where they know the year alone. -#}
{% macro is_placeholder_date(day) -%}
    (
        extract(month from {{ day }}) = 1 and extract(day from {{ day }}) = 1
        or extract(month from {{ day }}) = 12 and extract(day from {{ day }}) = 31
    )
{%- endmacro %}
