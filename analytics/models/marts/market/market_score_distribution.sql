{{ config(unique_key=['source_system', 'scored_by', 'band_from']) }}

with

scores as (

    select
        source_system,
        'critics' as scored_by,
        -- the top score belongs to the last band
        case
            when metacritic_score = 100 then cast(90 as double)
            else cast(floor(metacritic_score / 10.0) * 10 as double)
        end as band_from,
        10.0 as band_width,
        added_count
    from {{ present_games() }}
    where metacritic_score is not null

    union all

    select
        source_system,
        'players' as scored_by,
        case
            when rating = 5 then cast(4.5 as double)
            else cast(floor(rating * 2) / 2.0 as double)
        end as band_from,
        0.5 as band_width,
        added_count
    from {{ present_games() }}
    where ratings_count > 0 and rating is not null

),

bands as (

    select
        source_system,
        scored_by,
        band_from,
        cast(band_from + max(band_width) as double) as band_to,
        count(*) as games_count,
        cast(sum(added_count) as bigint) as added_count
    from scores
    group by source_system, scored_by, band_from

)

select
    bands.source_system,
    bands.scored_by,
    bands.band_from,
    bands.band_to,
    catalogues.as_of,
    bands.games_count,
    {{ share(
        'bands.games_count',
        'sum(bands.games_count) over (partition by bands.source_system, bands.scored_by)'
    ) }} as share_of_games,
    bands.added_count
from bands
inner join {{ ref('market_catalogue') }} as catalogues
    on bands.source_system = catalogues.source_system
