{#- Values that are none of `values`, and how often; nulls pass. -#}
{% test one_of(model, column_name, values) %}
select
    {{ column_name }},
    count(*) as row_count
from {{ new_rows(model) }} as tested
where {{ column_name }} not in ('{{ values | join("', '") }}')
group by {{ column_name }}
{% endtest %}
