{{ config(unique_key=['source_system', 'game_id']) }}

with

scored as (

    select
        *,
        round(cast(cast(rating as decimal(12, 4)) * 20 as decimal(12, 4)), 1) as player_score
    from {{ present_games() }}
    where metacritic_score is not null
        and rating is not null
        and ratings_count > 0

)

select
    scored.source_system,
    scored.game_id,
    catalogues.as_of,
    scored.name,
    scored.slug,
    scored.released_on,
    scored.metacritic_score,
    cast(scored.player_score as double) as player_score,
    scored.ratings_count,
    cast(scored.player_score - scored.metacritic_score as double) as score_gap,
    scored.added_count
from scored
inner join {{ ref('market_catalogue') }} as catalogues
    on scored.source_system = catalogues.source_system
