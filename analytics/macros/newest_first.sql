{#- The order in which observations of one thing count, newest first: by the source's clock, then
    by file name. Total: equal in all of these means the same bytes. Rows that a mart holds have
    no row_hash; they can only tie with their own file. -#}
{% macro newest_first() -%}
    observed_at desc, file_name desc, row_hash desc nulls last
{%- endmacro %}
