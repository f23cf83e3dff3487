{{ config(materialized='table') }}

with

loaded as (

    select distinct
        source_system,
        game_id,
        file_name
    from {{ ref('stg_rawg__games') }}

),

ranked as (

    select
        observations.source_system,
        observations.game_id,
        observations.observed_at,
        cast(observations.observed_at as date) as observed_on,
        observations.file_name,
        observations.row_hash,
        row_number() over (
            partition by observations.source_system, observations.game_id
            order by observations.observed_at desc
        ) = 1 as is_current,
        row_number() over (
            partition by
                observations.source_system,
                observations.game_id,
                cast(observations.observed_at as date)
            order by observations.observed_at desc
        ) = 1 as is_last_of_day,
        observations.is_detail
        and row_number() over (
            partition by
                observations.source_system, observations.game_id, observations.is_detail
            order by observations.observed_at desc
        ) = 1 as is_last_detail,
        observations.is_detail
        and row_number() over (
            partition by
                observations.source_system,
                observations.game_id,
                observations.is_detail,
                cast(observations.observed_at as date)
            order by observations.observed_at desc
        ) = 1 as is_last_detail_of_day
    from {{ ref('int_game_observations') }} as observations
    inner join (select distinct source_system, game_id from loaded) as touched
        on observations.source_system = touched.source_system
        and observations.game_id = touched.game_id

)

select ranked.*
from ranked
inner join loaded
    on ranked.source_system = loaded.source_system
    and ranked.game_id = loaded.game_id
    and ranked.file_name = loaded.file_name
where ranked.is_current or ranked.is_last_of_day or ranked.is_last_detail_of_day
