{#- Whether a JSON value is a list, told by its text; false where there is none. -#}
{% macro is_json_array(value) -%}
    coalesce(left(cast({{ value }} as varchar), 1) = '[', false)
{%- endmacro %}
