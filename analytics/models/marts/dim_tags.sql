{{ config(unique_key=['source_system', 'tag_id']) }}

{{ dimension(
    'tag_id',
    {
        'games_count': 'bigint',
        'background_image_url': 'varchar',
    },
    endpoint='tags',
    listed=ref('stg_rawg__tags'),
    named=[ref('stg_rawg__game_tags')],
    where="coalesce(language, 'eng') = 'eng'",
) }}
