{{ config(unique_key=['source_system', 'game_id', 'changed_at']) }}

with

versions as (

    select
        source_system,
        game_id,
        valid_from,
        released_on,
        lag(released_on) over (
            partition by source_system, game_id order by valid_from
        ) as previous_released_on,
        row_number() over (
            partition by source_system, game_id order by valid_from
        ) as version_number
    from {{ ref('dim_games_history') }}

),

changes as (

    select
        *,
        cast(valid_from as date) as changed_on,
        cast(released_on - previous_released_on as bigint) as delay_days,
        cast(released_on - cast(valid_from as date) as bigint) as days_ahead
    from versions
    where version_number > 1
        and released_on is distinct from previous_released_on

)

select
    changes.source_system,
    changes.game_id,
    changes.valid_from as changed_at,
    catalogues.as_of,
    games.name,
    games.slug,
    case
        when changes.released_on is null then 'undated'
        when changes.days_ahead < 0 then 'corrected'
        when changes.previous_released_on is null then 'dated'
        when changes.delay_days > 0 then 'delayed'
        else 'advanced'
    end as change,
    changes.previous_released_on,
    changes.released_on,
    changes.delay_days,
    {{ months('changes.days_ahead') }} as months_ahead,
    coalesce({{ is_placeholder_date('changes.previous_released_on') }}, false)
        as is_previous_placeholder,
    coalesce({{ is_placeholder_date('changes.released_on') }}, false) as is_placeholder
from changes
inner join {{ present_games() }} as games
    on changes.source_system = games.source_system
    and changes.game_id = games.game_id
inner join {{ ref('market_catalogue') }} as catalogues
    on changes.source_system = catalogues.source_system
