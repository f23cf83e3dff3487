with

items as (

    {{ explode_array(
        ref('base_rawg__games'), 'platforms', none,
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
    {{ json_text('item', 'platform.id') }} as id,
    {{ json_text('item', 'platform.slug') }} as slug,
    {{ json_text('item', 'platform.name') }} as name,
    {{ json_text('item', 'released_at') }} as released_at
from items
