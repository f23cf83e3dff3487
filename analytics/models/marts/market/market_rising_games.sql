{{ config(unique_key=['source_system', 'game_id']) }}

{%- set spans = [7, 30] %}

with

daily as (

    select
        source_system,
        game_id,
        observed_on,
        added_count,
        max(observed_on) over (partition by source_system, game_id) as last_observed_on,
        max(observed_on) over (partition by source_system) as newest_day
    from {{ ref('fct_game_daily_snapshot') }}
    where added_count is not null

),

-- The day to compare with: the last one that lies the span to twice the span before the newest. Of
-- games that were not observed lately there is none: what they gained is no news.
days as (

    select
        source_system,
        game_id,
        last_observed_on
        {%- for span in spans %},
        max(
            case
                when last_observed_on >= newest_day - {{ span }}
                    and observed_on <= last_observed_on - {{ span }}
                    and observed_on >= last_observed_on - {{ 2 * span }}
                    then observed_on
            end
        ) as compared_{{ span }}_days
        {%- endfor %}
    from daily
    group by source_system, game_id, last_observed_on

),

changes as (

    select
        days.source_system,
        days.game_id,
        days.last_observed_on,
        last_days.added_count
        {%- for span in spans %},
        days.compared_{{ span }}_days as compared_on_{{ span }}_days,
        last_days.added_count - before_{{ span }}.added_count as added_in_{{ span }}_days,
        {{ share(
            '(last_days.added_count - before_' ~ span ~ '.added_count)',
            '(days.last_observed_on - days.compared_' ~ span ~ '_days)'
        ) }} as added_per_day_in_{{ span }}_days
        {%- endfor %}
    from days
    inner join daily as last_days
        on days.source_system = last_days.source_system
        and days.game_id = last_days.game_id
        and days.last_observed_on = last_days.observed_on
    {%- for span in spans %}
    left join daily as before_{{ span }}
        on days.source_system = before_{{ span }}.source_system
        and days.game_id = before_{{ span }}.game_id
        and days.compared_{{ span }}_days = before_{{ span }}.observed_on
    {%- endfor %}

)

select
    changes.source_system,
    changes.game_id,
    games.name as game,
    changes.last_observed_on,
    changes.added_count,
    {%- for span in spans %}
    changes.compared_on_{{ span }}_days,
    changes.added_in_{{ span }}_days,
    changes.added_per_day_in_{{ span }}_days,
    {%- endfor %}
    case
        when changes.added_in_{{ spans[0] }}_days is not null
            then row_number() over (
                partition by changes.source_system
                order by changes.added_per_day_in_{{ spans[0] }}_days desc nulls last, changes.game_id
            )
    end as place
from changes
inner join {{ present_games() }} as games
    on changes.source_system = games.source_system
    and changes.game_id = games.game_id
where {% for span in spans %}changes.added_in_{{ span }}_days is not null
    {%- if not loop.last %} or {% endif %}{% endfor %}
