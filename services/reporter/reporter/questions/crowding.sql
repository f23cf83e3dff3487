with

newest as (
    select cast(max(observed_at) as date) as day from dim_games
),

releases as (
    select
        extract(year from released_on) as release_year,
        extract(month from released_on) as release_month,
        -- "some time that year" is a release on its first or its last day
        (extract(day from released_on) = 1 and release_month = 1)
        or (extract(day from released_on) = 31 and release_month = 12) as is_placeholder,
        released_on > day as is_scheduled
    from dim_games cross join newest
    where
        source_system = 'rawg'
        and not is_deleted and merged_into_game_id is null
        and extract(year from released_on) between extract(year from day) - 9 and extract(year from day)
)

select
    release_year,
    release_month,
    count(*) filter (where not is_placeholder) as games_count,
    count(*) filter (where is_placeholder) as placeholders_count,
    count(*) filter (where is_scheduled) as scheduled_count,
    release_year < (select extract(year from day) from newest) as is_over
from releases
group by release_year, release_month
order by release_year, release_month
