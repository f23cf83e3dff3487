{{ config(unique_key=['source_system', 'release_month']) }}

with

released_games as (

    select
        *,
        cast(date_trunc('month', released_on) as date) as release_month
    from {{ present_games() }}
    where released_on between date '1950-01-01' and date '2100-12-31'

),

months as (

    select
        source_system,
        release_month,
        count(*) as games_count,
        count(case when {{ is_placeholder_date('released_on') }} then 1 end)
            as placeholder_games_count,
        cast(sum(added_count) as bigint) as added_count
    from released_games
    group by source_system, release_month

),

spans as (

    select
        source_system,
        min(release_month) as first_month,
        max(release_month) as last_month
    from months
    group by source_system

),

calendar as (

    select cast(date '1950-01-01' + numbers.number as date) as release_month
    from {{ whole_numbers(5) }} as numbers
    where extract(day from date '1950-01-01' + numbers.number) = 1

),

-- A month without a release is a row, too: a trend has no holes.
spine as (

    select
        catalogues.source_system,
        catalogues.as_of,
        calendar.release_month
    from {{ ref('market_catalogue') }} as catalogues
    inner join spans
        on catalogues.source_system = spans.source_system
    cross join calendar
    where calendar.release_month >= spans.first_month
        and (
            calendar.release_month <= spans.last_month
            or calendar.release_month <= catalogues.as_of
        )

),

counted as (

    select
        spine.*,
        coalesce(months.games_count, 0) as games_count,
        coalesce(months.placeholder_games_count, 0) as placeholder_games_count,
        coalesce(
            lag(months.games_count, 12) over (
                partition by spine.source_system
                order by spine.release_month
            ),
            0
        ) as games_count_year_before,
        coalesce(months.added_count, 0) as added_count
    from spine
    left join months
        on spine.source_system = months.source_system
        and spine.release_month = months.release_month

)

select
    source_system,
    release_month,
    as_of,
    release_month < cast(date_trunc('month', as_of) as date) as is_over,
    games_count,
    placeholder_games_count,
    games_count_year_before,
    {{ share('(games_count - games_count_year_before)', 'games_count_year_before') }} as growth,
    added_count
from counted
