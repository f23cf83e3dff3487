{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['source_system', 'game_id', 'platform_id'],
    on_schema_change='fail'
) }}

with

loaded as (

    select
        source_system,
        game_id,
        platform_id,
        min(observed_at) as first_listed_at,
        max(observed_at) as last_listed_at
    from {{ ref('stg_rawg__game_platforms') }}
    group by source_system, game_id, platform_id

),

candidates as (

    select * from loaded
    {% if is_incremental() %}
    union all
    select
        known.source_system,
        known.game_id,
        known.platform_id,
        known.first_listed_at,
        known.last_listed_at
    from {{ this }} as known
    inner join loaded
        on known.source_system = loaded.source_system
        and known.game_id = loaded.game_id
        and known.platform_id = loaded.platform_id
    {% endif %}

)

select
    source_system,
    game_id,
    platform_id,
    min(first_listed_at) as first_listed_at,
    max(last_listed_at) as last_listed_at
from candidates
group by source_system, game_id, platform_id
