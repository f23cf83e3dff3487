{#- Keys that stand twice, or have a null in them. -#}
{% test natural_key(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ new_rows(model) }} as tested
group by {{ columns | join(', ') }}
having count(*) > 1
    or {{ columns | join(' is null or ') }} is null
{% endtest %}
