{#- Whether a row is what a detail's source says of an item that was merged into another one,
    {"redirect": true, "slug": "other"}: no item, and no row by the manifest's count. Of the texts
    `id` and `redirect`. -#}
{% macro is_redirect() -%}
    (id is null and coalesce(redirect, '') = 'true')
{%- endmacro %}
