{{ config(unique_key=['source_system', 'game_id', 'observed_on'], meta={'split_by': 'observed_on'}) }}

{%- set ratings = ['exceptional', 'recommended', 'meh', 'skip'] %}

with

rated as (

    select
        source_system,
        game_id,
        file_name,
        row_hash
        {%- for rating in ratings %},
        cast(max(case when rating_title = '{{ rating }}' then ratings_count end) as bigint)
            as {{ rating }}_count
        {%- endfor %}
    from {{ ref('stg_rawg__game_ratings') }}
    group by source_system, game_id, file_name, row_hash

)

-- distinct: a page that was read twice brings the same row twice
select distinct
    games.source_system,
    games.game_id,
    counting_games.observed_on,
    games.added_count,
    games.owned_count,
    games.unplayed_count,
    games.playing_count,
    games.beaten_count,
    games.dropped_count,
    games.wanted_count,
    games.rating,
    games.ratings_count
    {%- for rating in ratings %},
    rated.{{ rating }}_count
    {%- endfor %},
    games.reviews_text_count,
    games.suggestions_count,
    games.playtime_hours,
    games.metacritic_score,
    games.updated_at,
    games.observed_at,
    games.run_date,
    games.file_name
from {{ ref('stg_rawg__games') }} as games
inner join {{ ref('int_counting_games') }} as counting_games
    on games.source_system = counting_games.source_system
    and games.game_id = counting_games.game_id
    and games.file_name = counting_games.file_name
    and games.row_hash = counting_games.row_hash
left join rated
    on games.source_system = rated.source_system
    and games.game_id = rated.game_id
    and games.file_name = rated.file_name
    and games.row_hash = rated.row_hash
where counting_games.is_last_of_day
