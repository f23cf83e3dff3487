{{ config(unique_key=['source_system', 'game_id', 'platform_id']) }}

with

spans as (

    select
        *,
        min(first_listed_at) over (partition by source_system, game_id) as game_listed_at
    from {{ ref('int_game_platform_spans') }}

)

select
    spans.source_system,
    spans.game_id,
    spans.platform_id,
    catalogues.as_of,
    games.name,
    games.slug,
    platforms.name as platform_name,
    case when bridges.game_id is null then 'removed' else 'added' end as change,
    spans.first_listed_at,
    spans.last_listed_at
from spans
inner join {{ present_games() }} as games
    on spans.source_system = games.source_system
    and spans.game_id = games.game_id
inner join {{ ref('dim_platforms') }} as platforms
    on spans.source_system = platforms.source_system
    and spans.platform_id = platforms.platform_id
inner join {{ ref('market_catalogue') }} as catalogues
    on spans.source_system = catalogues.source_system
left join {{ ref('bridge_game_platforms') }} as bridges
    on spans.source_system = bridges.source_system
    and spans.game_id = bridges.game_id
    and spans.platform_id = bridges.platform_id
where spans.first_listed_at > spans.game_listed_at or bridges.game_id is null
