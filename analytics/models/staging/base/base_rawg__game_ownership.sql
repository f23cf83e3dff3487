{{ config(materialized='view') }}

with

members as (

    {{ explode_object(
        ref('base_rawg__games'), 'added_by_status', _base_columns() + ['id as game_id']
    ) }}

)

select
    source_system,
    endpoint,
    file_name,
    run_date,
    observed_at,
    row_hash,
    game_id,
    name as status,
    {{ json_text('item') }} as users_count
from members
