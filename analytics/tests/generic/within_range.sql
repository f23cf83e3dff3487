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
