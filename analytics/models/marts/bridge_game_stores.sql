{{ config(
    unique_key=['source_system', 'game_id', 'store_id'],
    post_hook="{{ delete_stale_rows(this) }}"
) }}

with

game_stores as (

    select * from {{ ref('stg_rawg__game_stores') }}
    {% if is_incremental() %}
    where {{ is_due() }}
    {% endif %}

),

current_games as (

    select source_system, game_id, file_name, row_hash
    from {{ ref('int_current_games') }}

)

select
    game_stores.source_system,
    game_stores.game_id,
    game_stores.store_id,
    game_stores.observed_at,
    game_stores.file_name
from game_stores
inner join current_games
    on game_stores.source_system = current_games.source_system
    and game_stores.game_id = current_games.game_id
    and game_stores.file_name = current_games.file_name
    and game_stores.row_hash = current_games.row_hash
-- a list may name one twice
qualify row_number() over (
    partition by game_stores.source_system, game_stores.game_id, game_stores.store_id
    order by game_stores.name nulls last
) = 1
