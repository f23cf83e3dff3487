{{ config(unique_key=['source_system', 'game_id']) }}

with

changes as (

    select
        source_system,
        game_id,
        count(*) as date_changes_count,
        cast(sum(delay_days) as bigint) as delay_days,
        min(case when change = 'dated' then cast(changed_at as date) end) as dated_on
    from {{ ref('market_release_date_changes') }}
    group by source_system, game_id

)

select
    games.source_system,
    games.game_id,
    catalogues.as_of,
    games.name,
    games.slug,
    row_number() over (
        partition by games.source_system
        order by
            games.wanted_count desc nulls last, games.added_count desc nulls last, games.game_id
    ) as rank,
    games.wanted_count,
    games.added_count,
    games.released_on,
    coalesce(games.is_tba, false) as is_tba,
    coalesce({{ is_placeholder_date('games.released_on') }}, false) as is_placeholder,
    cast(games.released_on - catalogues.as_of as bigint) as days_to_release,
    coalesce(changes.date_changes_count, 0) as date_changes_count,
    changes.delay_days,
    changes.dated_on,
    {{ months('(games.released_on - changes.dated_on)') }} as months_from_dated_to_release
from {{ present_games() }} as games
inner join {{ ref('market_catalogue') }} as catalogues
    on games.source_system = catalogues.source_system
left join changes
    on games.source_system = changes.source_system
    and games.game_id = changes.game_id
where games.released_on > catalogues.as_of or games.is_tba
