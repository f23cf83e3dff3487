with

own as (
    select
        sum(games_count) as games,
        sum(self_published_games_count) / nullif(sum(games_count), 0) as share
    from market_self_publishing
    where source_system = 'rawg'
),

everybody as (
    select sum(added_count) as users
    from market_publisher_leaderboard
    where source_system = 'rawg'
)

select
    rank,
    name,
    publishers.games_count,
    added_count as users_count,
    added_count / everybody.users as share_of_users,
    share_self_published,
    coverage as share_of_its_games_known,
    cast(coalesce(own.games, 0) as bigint) as all_games_count,
    own.share as share_of_all_self_published
from market_publisher_leaderboard as publishers
cross join own
cross join everybody
where source_system = 'rawg' and rank <= 15 and added_count > 0
order by rank
