{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['source_system', 'game_id'],
    on_schema_change='fail'
) }}

with

observed as (

    select distinct
        source_system,
        game_id,
        observed_at,
        updated_at,
        file_name,
        row_hash,
        true as is_new
    from {{ ref('stg_rawg__games') }}
    {% if is_incremental() %}
    where {{ is_due() }}
    {% endif %}

),

candidates as (

    select * from observed
    {% if is_incremental() %}
    union all
    select
        known.source_system,
        known.game_id,
        known.observed_at,
        known.updated_at,
        known.file_name,
        known.row_hash,
        false as is_new
    from {{ this }} as known
    inner join (select distinct source_system, game_id from observed) as touched
        on known.source_system = touched.source_system
        and known.game_id = touched.game_id
    {% endif %}

),

newest as (

    select * from candidates
    qualify row_number() over (
        partition by source_system, game_id
        order by {{ newest_first(then='updated_at') }}, is_new desc
    ) = 1

)

select
    source_system,
    game_id,
    observed_at,
    updated_at,
    file_name,
    row_hash
from newest
where is_new
