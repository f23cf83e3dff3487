{{ config(unique_key=['source_system', 'platform_id']) }}

with

platform_games as (

    select
        bridges.source_system,
        bridges.platform_id,
        count(*) as games_count,
        cast(sum(games.added_count) as bigint) as added_count,
        {{ mean('case when games.ratings_count > 0 then games.rating end') }} as mean_rating
    from {{ ref('bridge_game_platforms') }} as bridges
    inner join {{ present_games() }} as games
        on bridges.source_system = games.source_system
        and bridges.game_id = games.game_id
    group by bridges.source_system, bridges.platform_id

)

select
    platform_games.source_system,
    platform_games.platform_id,
    catalogues.as_of,
    platforms.name,
    families.name as platform_family_name,
    platform_games.games_count,
    {{ share('platform_games.games_count', 'catalogues.games_count') }} as share_of_games,
    platform_games.added_count,
    {{ share('platform_games.added_count', 'catalogues.added_count') }} as share_of_added,
    platform_games.mean_rating
from platform_games
inner join {{ ref('market_catalogue') }} as catalogues
    on platform_games.source_system = catalogues.source_system
inner join {{ ref('dim_platforms') }} as platforms
    on platform_games.source_system = platforms.source_system
    and platform_games.platform_id = platforms.platform_id
left join {{ ref('dim_platform_families') }} as families
    on platforms.source_system = families.source_system
    and platforms.parent_platform_id = families.parent_platform_id
