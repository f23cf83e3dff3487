{#- Values below `minimum` or above `maximum` (SQL: numbers, or dates as `date '1950-01-01'`);
    nulls pass. -#}
{% test within_range(model, column_name, minimum=none, maximum=none) %}
select {{ column_name }}
from {{ new_rows(model) }} as tested
where false
    {%- if minimum is not none %}
    or {{ column_name }} < {{ minimum }}
    {%- endif %}
    {%- if maximum is not none %}
    or {{ column_name }} > {{ maximum }}
    {%- endif %}
{% endtest %}

{#- Values that are none of `values`, and how often; nulls pass. -#}
{% test one_of(model, column_name, values) %}
select
    {{ column_name }},
    count(*) as row_count
from {{ new_rows(model) }} as tested
where {{ column_name }} not in ('{{ values | join("', '") }}')
group by {{ column_name }}
{% endtest %}

{#- Rows that this build wrote where there should be none. -#}
{% test is_empty(model, shown) %}
select {{ shown | join(', ') }} from {{ new_rows(model) }} as tested
{% endtest %}
