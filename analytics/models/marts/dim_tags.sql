{{ config(unique_key=['source_system', 'tag_id']) }}

with

listed as (

    select
        source_system,
        tag_id,
        name,
        slug,
        games_count,
        background_image_url,
        true as is_listed,
        observed_at,
        file_name,
        row_hash,
        true as is_new
    from {{ ref('stg_rawg__tags') }}
    where coalesce(language, 'eng') = 'eng'
    {% if is_incremental() %}
    and {{ is_due() }}
    {% endif %}

),

named_by_games as (

    select
        source_system,
        tag_id,
        name,
        slug,
        cast(null as bigint) as games_count,
        cast(null as varchar) as background_image_url,
        false as is_listed,
        observed_at,
        file_name,
        row_hash,
        true as is_new
    from {{ ref('stg_rawg__game_tags') }}
    where coalesce(language, 'eng') = 'eng'
    {% if is_incremental() %}
    and {{ is_due() }}
    {% endif %}

),

candidates as (

    select * from listed
    union all
    select * from named_by_games
    {% if is_incremental() %}
    union all
    select
        source_system,
        tag_id,
        name,
        slug,
        games_count,
        background_image_url,
        is_listed,
        observed_at,
        file_name,
        cast(null as varchar) as row_hash,
        false as is_new
    from {{ this }}
    {% endif %}

),

newest as (

    select * from candidates
    qualify row_number() over (
        partition by source_system, tag_id
        order by is_listed desc, {{ newest_first() }}, name, slug
    ) = 1

)

select
    source_system,
    tag_id,
    name,
    slug,
    games_count,
    background_image_url,
    is_listed,
    observed_at,
    file_name
from newest
where is_new
