with

newest as (
    select extract(year from max(observed_at)) as running_year from dim_games
),

games as (
    select source_system, game_id, added_count
    from dim_games cross join newest
    where
        source_system = 'rawg'
        and not is_deleted and merged_into_game_id is null
        and added_count is not null
        and extract(year from released_on) between running_year - 5 and running_year - 1
),

totals as (
    select
        count(*) as games,
        sum(added_count) as users,
        quantile_cont(added_count, 0.9) as hit
    from games
)

select
    genres.name as genre,
    count(*) as games_count,
    count(*) / any_value(totals.games) as share_of_games,
    sum(added_count) / any_value(totals.users) as share_of_users,
    share_of_users - share_of_games as share_gap,
    median(added_count) as median_users,
    avg(case when added_count >= totals.hit then 1 else 0 end) as share_of_hits
from games
inner join bridge_game_genres using (source_system, game_id)
inner join dim_genres as genres using (source_system, genre_id)
cross join totals
group by genres.name
having games_count >= 5
order by share_gap desc, genre
limit 25
