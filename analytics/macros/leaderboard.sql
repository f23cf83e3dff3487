{#- A select of companies by what users made of their games: `company` is developer or
    publisher. `catalogue_coverage` is the share of the source's catalogue that this is based on,
    not of the games that are known here. -#}
{% macro leaderboard(company) -%}
    {%- set key = company ~ '_id' -%}
    with

    companies as (

        select
            bridges.source_system,
            bridges.{{ key }},
            count(*) as games_count,
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
        group by bridges.source_system, bridges.{{ key }}

    ),

    catalogues as (

        select * from {{ catalogue_sizes() }} as sizes

    ),

    known as (

        select
            source_system,
            count(details_observed_at) as games_count
        from {{ present_games() }} as games
        group by source_system

    ),

    -- All at most: games can have gone since that nobody has asked for again.
    coverages as (

        select
            known.source_system,
            case
                when known.games_count > catalogues.games_count then cast(1 as double)
                else {{ share('known.games_count', 'catalogues.games_count') }}
            end as catalogue_coverage
        from known
        left join catalogues on known.source_system = catalogues.source_system

    )

    select
        companies.source_system,
        companies.{{ key }},
        names.name as {{ company }},
        row_number() over (
            partition by companies.source_system
            order by
                companies.added_count desc nulls last,
                companies.games_count desc nulls last,
                companies.{{ key }}
        ) as place,
        companies.games_count,
        companies.added_count,
        companies.mean_rating,
        companies.mean_metacritic_score,
        companies.last_released_on,
        coverages.catalogue_coverage
    from companies
    inner join coverages on companies.source_system = coverages.source_system
    inner join {{ ref('dim_' ~ company ~ 's') }} as names
        on companies.source_system = names.source_system
        and companies.{{ key }} = names.{{ key }}
{%- endmacro %}
