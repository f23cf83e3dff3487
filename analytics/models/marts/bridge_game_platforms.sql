{{ config(
    unique_key=['source_system', 'game_id', 'platform_id'],
    meta={'replaces': 'is_current'}
) }}

with

platforms as (

    {{ game_items(
        ref('stg_rawg__game_platforms'), 'platform_id', ['platform_id'], 'is_current'
    ) }}
    {% if is_incremental() %}
    union all
    -- a detail of before the newest list, loaded after it, brings these their day of release
    select
        source_system,
        game_id,
        platform_id,
        observed_at,
        file_name
    from {{ this }}
    where (source_system, game_id) in (
        select source_system, game_id from {{ ref('stg_rawg__game_platforms') }}
        where released_on is not null
    )
        and (source_system, game_id) not in (
            select source_system, game_id from {{ ref('int_counting_games') }} where is_current
        )
    {% endif %}

)

select
    platforms.source_system,
    platforms.game_id,
    platforms.platform_id,
    releases.released_on,
    platforms.observed_at,
    platforms.file_name
from platforms
left join {{ ref('int_game_platform_releases') }} as releases
    on platforms.source_system = releases.source_system
    and platforms.game_id = releases.game_id
    and platforms.platform_id = releases.platform_id
