-- A game can be asked for again, and be deleted after it was merged: the last answer counts.
select
    source_system,
    game_id,
    merged_into_game_id,
    observed_at
from {{ ref('stg_rawg__gone_games') }}
qualify row_number() over (
    partition by source_system, game_id
    order by observed_at desc, merged_into_game_id desc nulls last
) = 1
