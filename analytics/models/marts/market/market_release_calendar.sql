{{ config(unique_key=['source_system', 'release_month', 'parent_platform_id']) }}

with

releases as (

    select
        games.source_system,
        cast(date_trunc('month', games.released_on) as date) as release_month,
        bridges.parent_platform_id,
        games.metacritic_score,
        games.added_count
    from {{ present_games() }} as games
    inner join {{ ref('bridge_game_platform_families') }} as bridges
        on games.source_system = bridges.source_system
        and games.game_id = bridges.game_id
    where games.released_on is not null

)

select
    releases.source_system,
    releases.release_month,
    releases.parent_platform_id,
    families.name as platform_family,
    count(*) as games_count,
    count(releases.metacritic_score) as scored_games_count,
    {{ mean('releases.metacritic_score') }} as mean_metacritic_score,
    cast(sum(releases.added_count) as bigint) as added_count
from releases
inner join {{ ref('dim_platform_families') }} as families
    on releases.source_system = families.source_system
    and releases.parent_platform_id = families.parent_platform_id
group by
    releases.source_system,
    releases.release_month,
    releases.parent_platform_id,
    families.name
