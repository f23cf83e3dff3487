{{ config(unique_key=['source_system', 'game_id', 'observed_on']) }}

{%- set columns = [
    'source_system',
    'game_id',
    'observed_on',
    'added_count',
    'rating',
    'ratings_count',
    'reviews_text_count',
    'suggestions_count',
    'playtime_hours',
    'metacritic_score',
    'updated_at',
    'observed_at',
    'run_date',
    'file_name',
] %}

with

observed as (

    select
        *,
        cast(observed_at as date) as observed_on
    from {{ ref('stg_rawg__games') }}
    {% if is_incremental() %}
    where {{ is_due() }}
    {% endif %}

),

candidates as (

    select
        {{ columns | join(',\n        ') }},
        row_hash,
        true as is_new
    from observed
    {% if is_incremental() %}
    union all
    select
        {{ columns | join(',\n        ') }},
        cast(null as varchar) as row_hash,
        false as is_new
    from {{ this }}
    where observed_on in (select observed_on from observed)
    {% endif %}

),

newest as (

    select * from candidates
    qualify row_number() over (
        partition by source_system, game_id, observed_on
        order by {{ newest_first(then='updated_at') }}
    ) = 1

)

select
    {{ columns | join(',\n    ') }}
from newest
where is_new
