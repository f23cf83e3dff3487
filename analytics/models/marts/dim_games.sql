{{ config(unique_key=['source_system', 'game_id']) }}

with

games as (

    select * from {{ ref('stg_rawg__games') }}
    {% if is_incremental() %}
    where {{ is_due() }}
    {% endif %}

),

current_games as (

    select source_system, game_id, file_name, row_hash
    from {{ ref('int_current_games') }}

)

-- distinct: a page that was read twice brings the same row twice
select distinct
    games.source_system,
    games.game_id,
    games.slug,
    games.name,
    games.released_on,
    games.is_tba,
    games.esrb_rating,
    games.metacritic_score,
    games.rating,
    games.ratings_count,
    games.reviews_text_count,
    games.suggestions_count,
    games.added_count,
    games.playtime_hours,
    games.background_image_url,
    games.updated_at,
    games.observed_at,
    games.run_date,
    games.file_name
from games
inner join current_games
    on games.source_system = current_games.source_system
    and games.game_id = current_games.game_id
    and games.file_name = current_games.file_name
    and games.row_hash = current_games.row_hash
