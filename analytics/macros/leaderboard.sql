{#- A select of companies by what users made of their games: `company` is developer or publisher. -#}
{% macro leaderboard(company) -%}
    {%- set key = company ~ '_id' -%}
    with

    -- once a game: two companies of one name may be behind the other half
    self_published as (

        select distinct
            source_system,
            game_id,
            {{ key }}
        from {{ self_published_games() }} as matches

    ),

    companies as (

        select
            bridges.source_system,
            bridges.{{ key }},
            count(*) as games_count,
            count(self_published.game_id) as self_published_games_count,
            cast(sum(games.added_count) as bigint) as added_count,
            -- of the ratings: a game that few have rated has little say
            cast(
                round(
                    cast(
                        cast(sum(cast(games.rating as decimal(12, 4)) * games.ratings_count) as double)
                        / nullif(
                            cast(sum(case when games.rating is not null then games.ratings_count end) as double),
                            0
                        )
                        as decimal(18, 8)
                    ),
                    2
                ) as double
            ) as mean_rating,
            {{ mean('games.metacritic_score') }} as mean_metacritic_score,
            max(games.released_on) as last_released_on
        from {{ ref('bridge_game_' ~ company ~ 's') }} as bridges
        inner join {{ present_games() }} as games
            on bridges.source_system = games.source_system
            and bridges.game_id = games.game_id
        left join self_published
            on bridges.source_system = self_published.source_system
            and bridges.game_id = self_published.game_id
            and bridges.{{ key }} = self_published.{{ key }}
        group by bridges.source_system, bridges.{{ key }}

    )

    select
        companies.source_system,
        companies.{{ key }},
        catalogues.as_of,
        names.name,
        row_number() over (
            partition by companies.source_system
            order by
                companies.added_count desc nulls last,
                companies.games_count desc nulls last,
                companies.{{ key }}
        ) as rank,
        companies.games_count,
        names.games_count as source_games_count,
        -- All at most: its list can be older than its games.
        case
            when companies.games_count > names.games_count then cast(1 as double)
            else {{ share('companies.games_count', 'names.games_count') }}
        end as coverage,
        companies.added_count,
        {{ share(
            'companies.added_count',
            'sum(companies.added_count) over (partition by companies.source_system)'
        ) }} as share_of_added,
        companies.mean_rating,
        companies.mean_metacritic_score,
        companies.last_released_on,
        companies.self_published_games_count,
        {{ share('companies.self_published_games_count', 'companies.games_count') }}
            as share_self_published
    from companies
    inner join {{ ref('market_catalogue') }} as catalogues
        on companies.source_system = catalogues.source_system
    inner join {{ ref('dim_' ~ company ~ 's') }} as names
        on companies.source_system = names.source_system
        and companies.{{ key }} = names.{{ key }}
{%- endmacro %}
