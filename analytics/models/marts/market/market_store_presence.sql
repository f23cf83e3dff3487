{{ config(unique_key=['source_system', 'store_id']) }}

with

sold_games as (

    select
        bridges.source_system,
        bridges.store_id,
        games.added_count,
        case when games.ratings_count > 0 then games.rating end as rating,
        count(*) over (
            partition by bridges.source_system, bridges.game_id
        ) as stores_count
    from {{ ref('bridge_game_stores') }} as bridges
    inner join {{ present_games() }} as games
        on bridges.source_system = games.source_system
        and bridges.game_id = games.game_id

)

select
    sold_games.source_system,
    sold_games.store_id,
    catalogues.as_of,
    stores.name,
    count(*) as games_count,
    {{ share('count(*)', 'catalogues.games_count') }} as share_of_games,
    count(case when sold_games.stores_count = 1 then 1 end) as exclusive_games_count,
    {{ share('count(case when sold_games.stores_count = 1 then 1 end)', 'count(*)') }}
        as share_exclusive,
    cast(sum(sold_games.added_count) as bigint) as added_count,
    {{ mean('sold_games.rating') }} as mean_rating
from sold_games
inner join {{ ref('market_catalogue') }} as catalogues
    on sold_games.source_system = catalogues.source_system
inner join {{ ref('dim_stores') }} as stores
    on sold_games.source_system = stores.source_system
    and sold_games.store_id = stores.store_id
group by
    sold_games.source_system,
    sold_games.store_id,
    catalogues.as_of,
    catalogues.games_count,
    stores.name
