{{ config(unique_key=['source_system', 'genre_id', 'release_year']) }}

with

released_games as (

    select
        *,
        cast(extract(year from released_on) as bigint) as release_year
    from {{ present_games() }}
    where released_on between date '1950-01-01' and date '2100-12-31'

),

catalogues as (

    select
        *,
        cast(extract(year from as_of) as bigint) as running_year
    from {{ ref('market_catalogue') }}

),

years as (

    select
        source_system,
        release_year,
        count(*) as games_count,
        cast(sum(added_count) as bigint) as added_count
    from released_games
    group by source_system, release_year

),

genre_years as (

    select
        games.source_system,
        bridges.genre_id,
        games.release_year,
        count(*) as games_count,
        {{ mean('case when games.ratings_count > 0 then games.rating end') }} as mean_rating,
        {{ mean('games.metacritic_score') }} as mean_metacritic_score,
        cast(sum(games.added_count) as bigint) as added_count
    from released_games as games
    inner join {{ ref('bridge_game_genres') }} as bridges
        on games.source_system = bridges.source_system
        and games.game_id = bridges.game_id
    group by games.source_system, bridges.genre_id, games.release_year

),

genre_spans as (

    select
        source_system,
        genre_id,
        min(release_year) as first_year,
        max(release_year) as last_year
    from genre_years
    group by source_system, genre_id

),

-- A year in which the genre had no game is a row, too: a trend has no holes.
spine as (

    select
        genre_spans.source_system,
        genre_spans.genre_id,
        catalogues.as_of,
        catalogues.running_year,
        cast(genre_spans.first_year + numbers.number as bigint) as release_year
    from genre_spans
    inner join catalogues
        on genre_spans.source_system = catalogues.source_system
    cross join {{ whole_numbers(3) }} as numbers
    where genre_spans.first_year + numbers.number <= genre_spans.last_year
        or genre_spans.first_year + numbers.number <= catalogues.running_year

),

counted as (

    select
        spine.*,
        coalesce(genre_years.games_count, 0) as games_count,
        coalesce(
            lag(genre_years.games_count) over (
                partition by spine.source_system, spine.genre_id
                order by spine.release_year
            ),
            0
        ) as games_count_year_before,
        coalesce(years.games_count, 0) as year_games_count,
        genre_years.mean_rating,
        genre_years.mean_metacritic_score,
        coalesce(genre_years.added_count, 0) as added_count,
        coalesce(years.added_count, 0) as year_added_count
    from spine
    left join years
        on spine.source_system = years.source_system
        and spine.release_year = years.release_year
    left join genre_years
        on spine.source_system = genre_years.source_system
        and spine.genre_id = genre_years.genre_id
        and spine.release_year = genre_years.release_year

)

select
    counted.source_system,
    counted.genre_id,
    counted.release_year,
    counted.as_of,
    counted.release_year < counted.running_year as is_over,
    genres.name,
    counted.games_count,
    counted.games_count_year_before,
    {{ share('(counted.games_count - counted.games_count_year_before)', 'counted.games_count_year_before') }}
        as growth,
    counted.year_games_count,
    {{ share('counted.games_count', 'counted.year_games_count') }} as share_of_games,
    counted.mean_rating,
    counted.mean_metacritic_score,
    counted.added_count,
    counted.year_added_count,
    {{ share('counted.added_count', 'counted.year_added_count') }} as share_of_added
from counted
inner join {{ ref('dim_genres') }} as genres
    on counted.source_system = genres.source_system
    and counted.genre_id = genres.genre_id
