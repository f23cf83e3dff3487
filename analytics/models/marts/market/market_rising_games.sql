{{ config(unique_key=['source_system', 'game_id']) }}

with

newest_days as (

    select
        source_system,
        max(observed_on) as newest_day
    from {{ ref('fct_game_daily_snapshot') }}
    group by source_system

),

-- 30 days until its last observation, and at most 60 before that: no more of history is asked.
lately as (

    select
        daily.source_system,
        daily.game_id,
        daily.observed_on,
        daily.added_count,
        false as is_start
    from {{ ref('fct_game_daily_snapshot') }} as daily
    inner join newest_days
        on daily.source_system = newest_days.source_system
    where daily.added_count is not null
        and daily.observed_on >= newest_days.newest_day - 90

),

firsts as (

    select
        source_system,
        game_id,
        cast(min(valid_from) as date) as first_observed_on
    from {{ ref('dim_games_history') }}
    group by source_system, game_id

),

highest_ids as (

    select
        source_system,
        first_observed_on,
        max(max(game_id)) over (
            partition by source_system
            order by first_observed_on
            rows between unbounded preceding and current row
        ) as highest_game_id
    from firsts
    group by source_system, first_observed_on

),

days_before as (

    select
        source_system,
        first_observed_on,
        lag(first_observed_on) over (
            partition by source_system order by first_observed_on
        ) as day_before,
        lag(highest_game_id) over (
            partition by source_system order by first_observed_on
        ) as highest_game_id
    from highest_ids

),

-- Ids count up: a game of a higher one than any that was known the day before did not exist then,
-- and nobody had it.
starts as (

    select
        firsts.source_system,
        firsts.game_id,
        days_before.day_before as observed_on,
        cast(0 as bigint) as added_count,
        true as is_start
    from firsts
    inner join days_before
        on firsts.source_system = days_before.source_system
        and firsts.first_observed_on = days_before.first_observed_on
    where firsts.game_id > days_before.highest_game_id

),

daily as (

    select * from lately
    union all
    select * from starts

),

last_days as (

    select
        lately.source_system,
        lately.game_id,
        max(lately.observed_on) as last_observed_on,
        max(newest_days.newest_day) as newest_day
    from lately
    inner join newest_days
        on lately.source_system = newest_days.source_system
    group by lately.source_system, lately.game_id

),

-- The day to compare with. Of games that were not observed lately there is none: what they gained
-- is no news.
compared_days as (

    select
        last_days.source_system,
        last_days.game_id,
        last_days.last_observed_on,
        coalesce(
            max(
                case
                    when last_days.last_observed_on >= last_days.newest_day - 7
                        and daily.observed_on <= last_days.last_observed_on - 7
                        and daily.observed_on >= last_days.last_observed_on - 14
                        then daily.observed_on
                end
            ),
            min(
                case
                    when last_days.last_observed_on >= last_days.newest_day - 7
                        and daily.observed_on < last_days.last_observed_on
                        and daily.observed_on > last_days.last_observed_on - 7
                        then daily.observed_on
                end
            )
        ) as compared_on,
        max(
            case
                when last_days.last_observed_on >= last_days.newest_day - 30
                    and daily.observed_on <= last_days.last_observed_on - 30
                    and daily.observed_on >= last_days.last_observed_on - 60
                    then daily.observed_on
            end
        ) as month_compared_on
    from last_days
    inner join daily
        on last_days.source_system = daily.source_system
        and last_days.game_id = daily.game_id
    group by last_days.source_system, last_days.game_id, last_days.last_observed_on

),

changes as (

    select
        compared_days.*,
        last_days.added_count,
        cast(compared_days.last_observed_on - compared_days.compared_on as bigint) as span_days,
        last_days.added_count - earlier.added_count as gained_count,
        earlier.added_count as added_count_before,
        cast(compared_days.last_observed_on - compared_days.month_compared_on as bigint)
            as month_span_days,
        last_days.added_count - month_earlier.added_count as month_gained_count,
        coalesce(earlier.is_start, month_earlier.is_start) as is_new
    from compared_days
    inner join daily as last_days
        on compared_days.source_system = last_days.source_system
        and compared_days.game_id = last_days.game_id
        and compared_days.last_observed_on = last_days.observed_on
    left join daily as earlier
        on compared_days.source_system = earlier.source_system
        and compared_days.game_id = earlier.game_id
        and compared_days.compared_on = earlier.observed_on
    left join daily as month_earlier
        on compared_days.source_system = month_earlier.source_system
        and compared_days.game_id = month_earlier.game_id
        and compared_days.month_compared_on = month_earlier.observed_on
    where earlier.game_id is not null or month_earlier.game_id is not null

),

rates as (

    select
        *,
        {{ share('gained_count', 'span_days') }} as gained_per_day,
        {{ share('gained_count', 'added_count_before') }} as growth,
        {{ share('month_gained_count', 'month_span_days') }} as month_gained_per_day
    from changes

)

select
    rates.source_system,
    rates.game_id,
    catalogues.as_of,
    games.name,
    games.slug,
    case
        when rates.compared_on is not null
            then row_number() over (
                partition by rates.source_system
                order by rates.gained_per_day desc nulls last, rates.game_id
            )
    end as rank,
    rates.last_observed_on,
    rates.added_count,
    rates.is_new,
    rates.compared_on,
    rates.span_days,
    rates.span_days < 7 as is_short_span,
    rates.gained_count,
    rates.gained_per_day,
    rates.growth,
    rates.month_compared_on,
    rates.month_span_days,
    rates.month_gained_count,
    rates.month_gained_per_day
from rates
inner join {{ ref('market_catalogue') }} as catalogues
    on rates.source_system = catalogues.source_system
inner join {{ present_games() }} as games
    on rates.source_system = games.source_system
    and rates.game_id = games.game_id
