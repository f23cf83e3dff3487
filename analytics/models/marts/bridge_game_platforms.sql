{{ config(
    unique_key=['source_system', 'game_id', 'platform_id'],
    post_hook="{{ delete_stale_rows(this) }}"
) }}

with

game_platforms as (

    select * from {{ ref('stg_rawg__game_platforms') }}
    {% if is_incremental() %}
    where {{ is_due() }}
    {% endif %}

),

current_games as (

    select source_system, game_id, file_name, row_hash
    from {{ ref('int_current_games') }}

)

select
    game_platforms.source_system,
    game_platforms.game_id,
    game_platforms.platform_id,
    game_platforms.released_on,
    game_platforms.observed_at,
    game_platforms.file_name
from game_platforms
inner join current_games
    on game_platforms.source_system = current_games.source_system
    and game_platforms.game_id = current_games.game_id
    and game_platforms.file_name = current_games.file_name
    and game_platforms.row_hash = current_games.row_hash
-- a list may name one twice
qualify row_number() over (
    partition by game_platforms.source_system, game_platforms.game_id, game_platforms.platform_id
    order by game_platforms.released_on nulls last
) = 1
