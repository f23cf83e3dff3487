{{ config(unique_key=['source_system']) }}

with

games as (

    select
        source_system,
        cast(max(observed_at) as date) as as_of,
        count(case when not is_deleted and merged_into_game_id is null then 1 end) as games_count,
        count(case when is_deleted or merged_into_game_id is not null then 1 end)
            as gone_games_count,
        count(
            case
                when not is_deleted and merged_into_game_id is null then details_observed_at
            end
        ) as detailed_games_count,
        cast(
            coalesce(
                sum(
                    case when not is_deleted and merged_into_game_id is null then added_count end
                ),
                0
            ) as bigint
        ) as added_count
    from {{ ref('dim_games') }}
    group by source_system

),

days as (

    select
        source_system,
        min(observed_on) as first_observed_on,
        count(distinct observed_on) as observed_days_count
    from {{ ref('fct_game_daily_snapshot') }}
    group by source_system

),

-- Of the newest list that tells; not how many are known here: of these a small sample could be all.
sizes as (

    select
        source_system,
        games_count
    from {{ ref('stg_rawg__catalogue_sizes') }}
    qualify row_number() over (
        partition by source_system
        order by observed_at desc nulls last, run_date desc nulls last
    ) = 1

)

{#- All at most: games can have gone since that nobody has asked for again. #}
select
    games.source_system,
    games.as_of,
    days.first_observed_on,
    coalesce(days.observed_days_count, 0) as observed_days_count,
    games.games_count,
    games.gone_games_count,
    games.detailed_games_count,
    games.added_count,
    sizes.games_count as source_games_count
    {%- for known, coverage in [('games_count', 'coverage'), ('detailed_games_count', 'details_coverage')] %},
    case
        when games.{{ known }} > sizes.games_count then cast(1 as double)
        else {{ share('games.' ~ known, 'sizes.games_count') }}
    end as {{ coverage }}
    {%- endfor %}
from games
left join days
    on games.source_system = days.source_system
left join sizes
    on games.source_system = sizes.source_system
