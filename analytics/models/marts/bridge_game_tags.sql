{{ config(
    unique_key=['source_system', 'game_id', 'tag_id'],
    post_hook="{{ delete_stale_rows(this) }}"
) }}

with

game_tags as (

    select * from {{ ref('stg_rawg__game_tags') }}
    {% if is_incremental() %}
    where {{ is_due() }}
    {% endif %}

),

current_games as (

    select source_system, game_id, file_name, row_hash
    from {{ ref('int_current_games') }}

)

select
    game_tags.source_system,
    game_tags.game_id,
    game_tags.tag_id,
    game_tags.observed_at,
    game_tags.file_name
from game_tags
inner join current_games
    on game_tags.source_system = current_games.source_system
    and game_tags.game_id = current_games.game_id
    and game_tags.file_name = current_games.file_name
    and game_tags.row_hash = current_games.row_hash
where coalesce(game_tags.language, 'eng') = 'eng'
-- a list may name one twice
qualify row_number() over (
    partition by game_tags.source_system, game_tags.game_id, game_tags.tag_id
    order by game_tags.name nulls last
) = 1
