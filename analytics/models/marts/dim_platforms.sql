{{ config(unique_key=['source_system', 'platform_id']) }}

with

platforms as (

    {{ dimension(
        'platform_id',
        {
            'games_count': 'bigint',
            'year_start': 'bigint',
            'year_end': 'bigint',
            'image_url': 'varchar',
            'background_image_url': 'varchar',
        },
        endpoint='platforms',
        listed=ref('stg_rawg__platforms'),
        named=[
            ref('stg_rawg__game_platforms'),
            ref('stg_rawg__game_platform_scores'),
            ref('stg_rawg__parent_platform_platforms'),
        ],
    ) }}

),

families as (

    select
        source_system,
        platform_id,
        parent_platform_id,
        is_listed
    from {{ ref('int_platform_families') }}

)

select
    platforms.source_system,
    platforms.platform_id,
    platforms.name,
    platforms.slug,
    families.parent_platform_id,
    platforms.games_count,
    platforms.year_start,
    platforms.year_end,
    platforms.image_url,
    platforms.background_image_url,
    platforms.is_listed,
    platforms.listed_at,
    platforms.observed_at,
    platforms.file_name
from platforms
left join families
    on platforms.source_system = families.source_system
    and platforms.platform_id = families.platform_id
    and families.is_listed
