{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['source_system', 'game_id', 'platform_id'],
    on_schema_change='fail'
) }}

{%- set columns = ['source_system', 'game_id', 'platform_id', 'released_on', 'observed_at', 'file_name'] %}

with

loaded as (

    select
        {{ columns | join(',\n        ') }},
        row_hash,
        true as is_new
    from {{ ref('stg_rawg__game_platforms') }}
    where released_on is not null

),

candidates as (

    select * from loaded
    {% if is_incremental() %}
    union all
    select
        {{ columns | join(',\n        ') }},
        cast(null as varchar) as row_hash,
        false as is_new
    from {{ this }}
    where (source_system, game_id) in (select source_system, game_id from loaded)
    {% endif %}

),

newest as (

    select * from candidates
    qualify row_number() over (
        partition by source_system, game_id, platform_id
        order by {{ newest_first() }}, released_on
    ) = 1

)

select
    {{ columns | join(',\n    ') }}
from newest
where is_new
