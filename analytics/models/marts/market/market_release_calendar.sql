{{ config(unique_key=['source_system', 'release_month', 'parent_platform_id']) }}

with

-- A game comes out on a family when it does on the first of its platforms.
family_releases as (

    select
        bridges.source_system,
        bridges.game_id,
        platforms.parent_platform_id,
        min(bridges.released_on) as released_on
    from {{ ref('bridge_game_platforms') }} as bridges
    inner join {{ ref('dim_platforms') }} as platforms
        on bridges.source_system = platforms.source_system
        and bridges.platform_id = platforms.platform_id
    where bridges.released_on is not null
    group by bridges.source_system, bridges.game_id, platforms.parent_platform_id

),

dated as (

    select
        games.source_system,
        bridges.parent_platform_id,
        coalesce(family_releases.released_on, games.released_on) as released_on,
        games.metacritic_score,
        games.added_count
    from {{ present_games() }} as games
    inner join {{ ref('bridge_game_platform_families') }} as bridges
        on games.source_system = bridges.source_system
        and games.game_id = bridges.game_id
    left join family_releases
        on bridges.source_system = family_releases.source_system
        and bridges.game_id = family_releases.game_id
        and bridges.parent_platform_id = family_releases.parent_platform_id

),

releases as (

    select
        source_system,
        cast(date_trunc('month', released_on) as date) as release_month,
        parent_platform_id,
        metacritic_score,
        added_count
    from dated
    where released_on is not null

)

select
    releases.source_system,
    releases.release_month,
    releases.parent_platform_id,
    catalogues.as_of,
    families.name,
    count(*) as games_count,
    count(releases.metacritic_score) as scored_games_count,
    {{ mean('releases.metacritic_score') }} as mean_metacritic_score,
    cast(sum(releases.added_count) as bigint) as added_count
from releases
inner join {{ ref('market_catalogue') }} as catalogues
    on releases.source_system = catalogues.source_system
inner join {{ ref('dim_platform_families') }} as families
    on releases.source_system = families.source_system
    and releases.parent_platform_id = families.parent_platform_id
group by
    releases.source_system,
    releases.release_month,
    releases.parent_platform_id,
    catalogues.as_of,
    families.name
