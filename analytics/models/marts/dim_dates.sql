{{ config(unique_key=['date_day'], meta={'replaces': 'everything'}) }}

with

used_days as (

    select released_on as used_day from {{ ref('dim_games') }}
    union all
    select observed_on from {{ ref('fct_game_daily_snapshot') }}

),

years as (

    select distinct cast(date_trunc('year', used_day) as date) as first_day
    from used_days
    where used_day is not null

),

days as (

    select
        years.first_day,
        years.first_day + numbers.number as date_day
    from years
    cross join {{ whole_numbers(3) }} as numbers
    where numbers.number < 366

)

select
    cast(date_day as date) as date_day,
    cast(extract(year from date_day) as bigint) as year_number,
    cast(extract(quarter from date_day) as bigint) as quarter_number,
    cast(extract(month from date_day) as bigint) as month_number,
    cast(extract(day from date_day) as bigint) as day_of_month,
    cast({{ iso_weekday('date_day') }} as bigint) as day_of_week,
    cast(date_trunc('month', date_day) as date) as month_start,
    {{ iso_weekday('date_day') }} >= 6 as is_weekend
from days
where extract(year from date_day) = extract(year from first_day)
