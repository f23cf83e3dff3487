{{ config(unique_key=['source_system', 'publisher_id']) }}

with

listed as (

    select
        source_system,
        publisher_id,
        name,
        slug,
        games_count,
        background_image_url,
        observed_at,
        file_name,
        row_hash,
        true as is_new
    from {{ ref('stg_rawg__publishers') }}
    {% if is_incremental() %}
    where {{ is_due() }}
    {% endif %}

),

candidates as (

    select * from listed
    {% if is_incremental() %}
    union all
    select
        source_system,
        publisher_id,
        name,
        slug,
        games_count,
        background_image_url,
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
        partition by source_system, publisher_id
        order by {{ newest_first() }}, name, slug
    ) = 1

)

select
    source_system,
    publisher_id,
    name,
    slug,
    games_count,
    background_image_url,
    observed_at,
    file_name
from newest
where is_new
