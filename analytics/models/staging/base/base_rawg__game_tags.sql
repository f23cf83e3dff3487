with

items as (

    {{ explode_array(
        ref('base_rawg__games'), 'tags', none,
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
    {{ json_text('item', 'id') }} as id,
    {{ json_text('item', 'slug') }} as slug,
    {{ json_text('item', 'name') }} as name,
    {{ json_text('item', 'language') }} as language
from items
