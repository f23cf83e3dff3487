{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['source_system', 'game_id', 'observed_at'],
    on_schema_change='fail'
) }}

{%- set columns = [
    'source_system',
    'game_id',
    'observed_at',
    'is_detail',
    'updated_at',
    'name',
    'released_on',
    'is_tba',
    'metacritic_score',
    'esrb_rating',
    'is_released_on_rejected',
    'is_tba_rejected',
    'is_metacritic_score_rejected',
    'file_name',
    'row_hash',
] %}

with

observed as (

    select
        {{ columns | join(',\n        ') }},
        true as is_new
    from {{ ref('stg_rawg__games') }}

),

candidates as (

    select * from observed
    {% if is_incremental() %}
    union all
    select
        known.{{ columns | join(',\n        known.') }},
        false as is_new
    from {{ this }} as known
    inner join (select distinct source_system, game_id, observed_at from observed) as touched
        on known.source_system = touched.source_system
        and known.game_id = touched.game_id
        and known.observed_at = touched.observed_at
    {% endif %}

),

-- total: equal in all of these means the same bytes
newest as (

    select * from candidates
    qualify row_number() over (
        partition by source_system, game_id, observed_at
        order by
            is_detail desc, updated_at desc nulls last, file_name desc, row_hash desc nulls last,
            is_new desc
    ) = 1

)

select
    {{ columns | join(',\n    ') }}
from newest
where is_new
