select
    endpoint,
    field,
    reason,
    cast(sum(row_count) as bigint) as rows_count,
    min(field_value) as example
from rejected_values
where source_system = 'rawg'
group by endpoint, field, reason
order by rows_count desc, endpoint, field, reason
limit 30
