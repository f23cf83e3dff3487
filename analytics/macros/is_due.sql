{#- A condition for models above the base tables: rows of the parts that this build loads. A
    subquery will do there, nothing is read from the lake. -#}
{% macro is_due(column='file_name') -%}
    {{ column }} in (select file_name from {{ source('lake', 'parts') }} where is_due)
{%- endmacro %}
