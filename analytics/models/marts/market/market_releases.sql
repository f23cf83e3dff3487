{{ config(unique_key=['source_system', 'game_id', 'platform_id']) }}

with

dated as (

    select
        bridges.source_system,
        bridges.game_id,
        bridges.platform_id,
        games.name,
        games.slug,
        platforms.name as platform_name,
        coalesce(bridges.released_on, games.released_on) as released_on,
        bridges.released_on is not null as is_of_platform
    from {{ ref('bridge_game_platforms') }} as bridges
    inner join {{ present_games() }} as games
        on bridges.source_system = games.source_system
        and bridges.game_id = games.game_id
    inner join {{ ref('dim_platforms') }} as platforms
        on bridges.source_system = platforms.source_system
        and bridges.platform_id = platforms.platform_id

)

select
    dated.source_system,
    dated.game_id,
    dated.platform_id,
    catalogues.as_of,
    dated.name,
    dated.slug,
    dated.platform_name,
    dated.released_on,
    dated.is_of_platform,
    {{ is_placeholder_date('dated.released_on') }} as is_placeholder,
    dated.released_on > catalogues.as_of as is_upcoming
from dated
inner join {{ ref('market_catalogue') }} as catalogues
    on dated.source_system = catalogues.source_system
where dated.released_on is not null
