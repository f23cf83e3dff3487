{#- Rows whose key is not in `to`; `columns` have the same names on both sides. -#}
{% test references(model, columns, to) %}
select {{ columns | join(', ') }} from {{ model }}
except
select {{ columns | join(', ') }} from {{ to }}
{% endtest %}
