{{ config(unique_key=['source_system', 'games_percent']) }}

with

ranked as (

    select
        source_system,
        added_count,
        row_number() over (
            partition by source_system order by added_count desc nulls last, game_id
        ) as games_count,
        count(*) over (partition by source_system) as all_games_count,
        sum(added_count) over (
            partition by source_system
            order by added_count desc nulls last, game_id
            rows between unbounded preceding and current row
        ) as added_count_so_far,
        sum(added_count) over (partition by source_system) as all_added_count
    from {{ present_games() }}
    where added_count is not null

),

percents as (

    select
        *,
        floor(
            cast(games_count * 100 as double) / nullif(cast(all_games_count as double), 0)
        ) as games_percent,
        floor(
            cast((games_count - 1) * 100 as double) / nullif(cast(all_games_count as double), 0)
        ) as percent_before
    from ranked

)

-- The last game of each percent; of fewer than a hundred games some percents have none.
select
    percents.source_system,
    cast(percents.games_percent as bigint) as games_percent,
    catalogues.as_of,
    percents.games_count,
    {{ share('percents.games_count', 'percents.all_games_count') }} as share_of_games,
    cast(percents.added_count_so_far as bigint) as added_count,
    {{ share('percents.added_count_so_far', 'percents.all_added_count') }} as share_of_added,
    percents.added_count as least_added_count
from percents
inner join {{ ref('market_catalogue') }} as catalogues
    on percents.source_system = catalogues.source_system
where percents.games_percent > percents.percent_before
