{{ config(
    unique_key=['source_system', 'game_id', 'valid_from'],
    pre_hook="{{ replace_history(this) }}"
) }}

{%- set followed = ['name', 'released_on', 'is_tba', 'metacritic_score', 'esrb_rating'] %}

with

-- Every observation of the games that this build loads: one that comes late may stand between two
-- that are known.
observations as (

    select
        observed.*,
        row_number() over (
            partition by observed.source_system, observed.game_id
            order by observed.observed_at
        ) as observation_number
        {%- for column in followed %},
        lag(observed.{{ column }}) over (
            partition by observed.source_system, observed.game_id
            order by observed.observed_at
        ) as previous_{{ column }}
        {%- endfor %}
    from {{ ref('int_game_observations') }} as observed
    inner join (
        select distinct source_system, game_id from {{ ref('stg_rawg__games') }}
    ) as touched
        on observed.source_system = touched.source_system
        and observed.game_id = touched.game_id

),

changes as (

    select * from observations
    where observation_number = 1
        {%- for column in followed %}
        or {{ column }} is distinct from previous_{{ column }}
        {%- endfor %}

)

select
    source_system,
    game_id,
    observed_at as valid_from,
    lead(observed_at) over (
        partition by source_system, game_id order by observed_at
    ) as valid_to,
    lead(observed_at) over (
        partition by source_system, game_id order by observed_at
    ) is null as is_current,
    {{ followed | join(',\n    ') }},
    file_name
from changes
