{#- Rows that this build wrote where there should be none. -#}
{% test is_empty(model, shown) %}
select {{ shown | join(', ') }} from {{ new_rows(model) }} as tested
{% endtest %}
