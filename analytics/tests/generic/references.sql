{#- Rows whose key is not in `to`; `columns` have the same names on both sides. -#}
{% test references(model, columns, to) %}
select {{ columns | join(', ') }} from {{ new_rows(model) }} as tested
except
select {{ columns | join(', ') }} from {{ to }}
{% endtest %}
