{{ config(materialized='table') }}

with

loaded as (

    select distinct
        source_system,
        game_id,
        observed_at,
        file_name
    from {{ ref('stg_rawg__games') }}

),

candidates as (

    select
        observations.source_system,
        observations.game_id,
        observations.observed_at,
        cast(observations.observed_at as date) as observed_on,
        observations.is_detail,
        observations.file_name,
        observations.row_hash
    from {{ ref('int_game_observations') }} as observations
    inner join loaded
        on observations.source_system = loaded.source_system
        and observations.game_id = loaded.game_id
        and observations.observed_at = loaded.observed_at
        and observations.file_name = loaded.file_name

),

-- All that was ever observed of these games, most of it long ago: aggregates of it, since windows
-- over as many rows would take the longer the longer the history is.
known as (

    select
        observations.source_system,
        observations.game_id,
        observations.observed_at,
        case when observations.is_detail then observations.observed_at end as detail_observed_at
    from {{ ref('int_game_observations') }} as observations
    inner join (select distinct source_system, game_id from candidates) as touched
        on observations.source_system = touched.source_system
        and observations.game_id = touched.game_id

),

last_of_games as (

    select
        source_system,
        game_id,
        max(observed_at) as observed_at,
        max(detail_observed_at) as detail_observed_at
    from known
    group by source_system, game_id

),

last_of_days as (

    select
        known.source_system,
        known.game_id,
        days.observed_on,
        max(known.observed_at) as observed_at,
        max(known.detail_observed_at) as detail_observed_at
    from known
    inner join (select distinct source_system, game_id, observed_on from candidates) as days
        on known.source_system = days.source_system
        and known.game_id = days.game_id
        and cast(known.observed_at as date) = days.observed_on
    group by known.source_system, known.game_id, days.observed_on

),

-- a game has one observation of a moment
ranked as (

    select
        candidates.source_system,
        candidates.game_id,
        candidates.observed_at,
        candidates.observed_on,
        candidates.file_name,
        candidates.row_hash,
        candidates.observed_at = last_of_games.observed_at as is_current,
        candidates.observed_at = last_of_days.observed_at as is_last_of_day,
        candidates.is_detail
        and candidates.observed_at = last_of_games.detail_observed_at as is_last_detail,
        candidates.is_detail
        and candidates.observed_at = last_of_days.detail_observed_at as is_last_detail_of_day
    from candidates
    inner join last_of_games
        on candidates.source_system = last_of_games.source_system
        and candidates.game_id = last_of_games.game_id
    inner join last_of_days
        on candidates.source_system = last_of_days.source_system
        and candidates.game_id = last_of_days.game_id
        and candidates.observed_on = last_of_days.observed_on

)

select * from ranked
where is_current or is_last_of_day or is_last_detail_of_day
