with

source as (

    select * from {{ ref('base_rawg__game_platform_scores') }}

),

renamed as (

    select
        -- ids
        source_system,
        {{ cast_text('game_id', 'id') }} as game_id,
        {{ cast_text('id', 'id') }} as platform_id,

        -- text
        slug,
        name,
        url as review_url,

        -- numbers
        {{ cast_text('metascore', 'score') }} as metacritic_score,

        -- where it comes from
        run_date,
        observed_at,
        file_name,
        row_hash
    from source

)

select * from renamed
where game_id is not null
    and platform_id is not null
