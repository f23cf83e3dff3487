select
    cast(extract(year from release_month) as bigint) as release_year,
    cast(extract(month from release_month) as bigint) as release_month,
    games_count - placeholder_games_count as games_count,
    -- "some time that year" is a release on its first or its last day
    placeholder_games_count,
    release_year < extract(year from as_of) as is_over
from market_release_months
where
    source_system = 'rawg'
    and extract(year from release_month)
    between extract(year from as_of) - 9 and extract(year from as_of)
order by release_year, release_month
