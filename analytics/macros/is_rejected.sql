{#- Whether a text stands for a value that can't be typed: null, and not because the source says so. -#}
{% macro is_rejected(text, type) -%}
    {{ text }} is not null and {{ cast_text(text, type) }} is null
{%- endmacro %}
