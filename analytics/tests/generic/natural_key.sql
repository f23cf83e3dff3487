{#- Keys that stand twice, or have a null in them: of the keys that this build wrote, in the whole mart. What
    it added beside an older row of the same key would not be seen among the new rows alone. -#}
{% test natural_key(model, columns) %}
{%- set key = columns | join(', ') %}
with

written as (

    select {{ key }} from {{ new_rows(model) }} as tested

),

standing as (

    select
        mart.{{ columns | join(',\n        mart.') }}
    from {{ model }} as mart
    inner join (select distinct {{ key }} from written) as touched
        on mart.{{ columns[0] }} = touched.{{ columns[0] }}
        {%- for column in columns[1:] %}
        and mart.{{ column }} = touched.{{ column }}
        {%- endfor %}

)

select
    {{ key }},
    count(*) as row_count
from standing
group by {{ key }}
having count(*) > 1

union all

select
    {{ key }},
    1 as row_count
from written
where {{ columns | join(' is null or ') }} is null
{% endtest %}
