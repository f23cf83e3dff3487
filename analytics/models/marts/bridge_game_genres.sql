{{ config(
    unique_key=['source_system', 'game_id', 'genre_id'],
    post_hook="{{ delete_stale_rows(this) }}"
) }}

with

game_genres as (

    select * from {{ ref('stg_rawg__game_genres') }}
    {% if is_incremental() %}
    where {{ is_due() }}
    {% endif %}

),

current_games as (

    select source_system, game_id, file_name, row_hash
    from {{ ref('int_current_games') }}

)

select
    game_genres.source_system,
    game_genres.game_id,
    game_genres.genre_id,
    game_genres.observed_at,
    game_genres.file_name
from game_genres
inner join current_games
    on game_genres.source_system = current_games.source_system
    and game_genres.game_id = current_games.game_id
    and game_genres.file_name = current_games.file_name
    and game_genres.row_hash = current_games.row_hash
-- a list may name one twice
qualify row_number() over (
    partition by game_genres.source_system, game_genres.game_id, game_genres.genre_id
    order by game_genres.name nulls last
) = 1
