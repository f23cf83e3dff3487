{{ config(unique_key=['source_system', 'release_year']) }}

with

-- Where one half is not known nothing can be said.
known_games as (

    select
        games.source_system,
        games.game_id,
        cast(extract(year from games.released_on) as bigint) as release_year,
        games.added_count
    from {{ present_games() }} as games
    where games.released_on is not null
        and (games.source_system, games.game_id) in (
            select source_system, game_id from {{ ref('bridge_game_developers') }}
        )
        and (games.source_system, games.game_id) in (
            select source_system, game_id from {{ ref('bridge_game_publishers') }}
        )

),

self_published as (

    select distinct
        source_system,
        game_id
    from {{ self_published_games() }} as matches

)

select
    known_games.source_system,
    known_games.release_year,
    catalogues.as_of,
    known_games.release_year < extract(year from catalogues.as_of) as is_over,
    count(*) as games_count,
    count(self_published.game_id) as self_published_games_count,
    {{ share('count(self_published.game_id)', 'count(*)') }} as share_of_games,
    cast(sum(known_games.added_count) as bigint) as added_count,
    cast(
        coalesce(
            sum(case when self_published.game_id is not null then known_games.added_count end), 0
        ) as bigint
    ) as self_published_added_count
from known_games
inner join {{ ref('market_catalogue') }} as catalogues
    on known_games.source_system = catalogues.source_system
left join self_published
    on known_games.source_system = self_published.source_system
    and known_games.game_id = self_published.game_id
group by known_games.source_system, known_games.release_year, catalogues.as_of
