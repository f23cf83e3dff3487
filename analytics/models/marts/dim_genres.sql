{{ config(unique_key=['source_system', 'genre_id']) }}

{{ dimension(
    'genre_id',
    {
        'games_count': 'bigint',
        'background_image_url': 'varchar',
    },
    endpoint='genres',
    listed=ref('stg_rawg__genres'),
    named=[ref('stg_rawg__game_genres')],
) }}
