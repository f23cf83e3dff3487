{{ config(unique_key=['source_system', 'genre_id', 'release_year']) }}

with

released_games as (

    select
        *,
        cast(extract(year from released_on) as bigint) as release_year
    from {{ present_games() }}
    where released_on is not null

),

running_years as (

    select
        source_system,
        cast(extract(year from max(observed_at)) as bigint) as running_year
    from {{ present_games() }}
    group by source_system

),

years as (

    select
        source_system,
        release_year,
        count(*) as games_count
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

)

select
    genre_years.source_system,
    genre_years.genre_id,
    genre_years.release_year,
    genre_years.release_year < running_years.running_year as is_over,
    genres.name as genre,
    genre_years.games_count,
    coalesce(years_before.games_count, 0) as games_count_year_before,
    {{ share('genre_years.games_count', 'years.games_count') }} as share_of_games,
    genre_years.mean_rating,
    genre_years.mean_metacritic_score,
    genre_years.added_count
from genre_years
inner join years
    on genre_years.source_system = years.source_system
    and genre_years.release_year = years.release_year
inner join running_years
    on genre_years.source_system = running_years.source_system
inner join {{ ref('dim_genres') }} as genres
    on genre_years.source_system = genres.source_system
    and genre_years.genre_id = genres.genre_id
left join genre_years as years_before
    on genre_years.source_system = years_before.source_system
    and genre_years.genre_id = years_before.genre_id
    and genre_years.release_year = years_before.release_year + 1
