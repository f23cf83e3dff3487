with

items as (

    {{ explode_array(
        ref('base_rawg__games'), 'stores', none,
        ['source_system', 'file_name', 'run_date', 'observed_at', 'row_hash', 'id as game_id']
    ) }}

)

select
    source_system,
    file_name,
    run_date,
    observed_at,
    row_hash,
    game_id,
    {{ json_text('item', 'store.id') }} as id,
    {{ json_text('item', 'store.slug') }} as slug,
    {{ json_text('item', 'store.name') }} as name
from items
