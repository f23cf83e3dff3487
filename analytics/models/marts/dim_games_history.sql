{{ config(
    unique_key=['source_system', 'game_id', 'valid_from'],
    meta={'replaces': 'history'}
) }}

{#- Columns with their types; and with the flag that an observation has no value of the type there. -#}
{%- set followed = {
    'name': 'varchar',
    'released_on': 'date',
    'is_tba': 'boolean',
    'metacritic_score': 'bigint',
    'esrb_rating': 'varchar',
} %}
{%- set rejectable = {
    'released_on': 'is_released_on_rejected',
    'is_tba': 'is_tba_rejected',
    'metacritic_score': 'is_metacritic_score_rejected',
} %}
{%- set said = followed.keys() | list + rejectable.values() | list %}

with

-- Every observation of these games: one that comes late may stand between two that are known.
observed as (

    select
        observations.source_system,
        observations.game_id,
        observations.observed_at,
        {%- for column in followed %}
        observations.{{ column }},
        {%- endfor %}
        {%- for rejected in rejectable.values() %}
        coalesce(observations.{{ rejected }}, false) as {{ rejected }},
        {%- endfor %}
        observations.file_name
    from {{ ref('int_game_observations') }} as observations
    inner join {{ history_games() }} as touched
        on observations.source_system = touched.source_system
        and observations.game_id = touched.game_id

),

preceded as (

    select
        *,
        row_number() over (
            partition by source_system, game_id order by observed_at
        ) as observation_number,
        max(observed_at) over (partition by source_system, game_id) as last_observed_at
        {%- for column in said %},
        lag({{ column }}) over (
            partition by source_system, game_id order by observed_at
        ) as preceding_{{ column }}
        {%- endfor %}
    from observed

),

-- What says the same as the one before it changes nothing: few of a long history are left.
differing as (

    select * from preceded
    where observation_number = 1
        {%- for column in said %}
        or {{ column }} is distinct from preceding_{{ column }}
        {%- endfor %}

),

-- What can't be typed says nothing: the value before it lasts. That is the one of the highest number
-- so far, carried with its number as one text, nulls as an empty one.
carried as (

    select
        *
        {%- for column, rejected in rejectable.items() %},
        max(
            case
                when not {{ rejected }}
                    then lpad(cast(observation_number as varchar), 12, '0')
                        || coalesce(cast({{ column }} as varchar), '')
            end
        ) over (
            partition by source_system, game_id
            order by observation_number
            rows between unbounded preceding and current row
        ) as carried_{{ column }}
        {%- endfor %}
    from differing

),

observations as (

    select
        source_system,
        game_id,
        observed_at,
        last_observed_at,
        observation_number,
        {%- for column, type in followed.items() %}
        {%- if column in rejectable %}
        cast(nullif(substr(carried_{{ column }}, 13), '') as {{ type }}) as {{ column }},
        {%- else %}
        {{ column }},
        {%- endif %}
        {%- endfor %}
        file_name
    from carried

),

compared as (

    select
        *
        {%- for column in followed %},
        lag({{ column }}) over (
            partition by source_system, game_id
            order by observed_at
        ) as previous_{{ column }}
        {%- endfor %}
    from observations

),

changes as (

    select
        *,
        lead(observed_at) over (
            partition by source_system, game_id order by observed_at
        ) as next_observed_at
    from compared
    where observation_number = 1
        {%- for column in followed %}
        or {{ column }} is distinct from previous_{{ column }}
        {%- endfor %}

)

-- Of one moment the detail comes before the list, also when it finds nothing.
select
    changes.source_system,
    changes.game_id,
    changes.observed_at as valid_from,
    coalesce(changes.next_observed_at, gone.observed_at) as valid_to,
    changes.next_observed_at is null and gone.observed_at is null as is_current,
    {%- for column in followed %}
    changes.{{ column }},
    {%- endfor %}
    changes.file_name
from changes
left join {{ ref('int_gone_games') }} as gone
    on changes.source_system = gone.source_system
    and changes.game_id = gone.game_id
    and changes.last_observed_at <= gone.observed_at
