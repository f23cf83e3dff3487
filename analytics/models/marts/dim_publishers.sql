{{ config(unique_key=['source_system', 'publisher_id']) }}

{{ dimension(
    'publisher_id',
    {
        'games_count': 'bigint',
        'background_image_url': 'varchar',
    },
    endpoint='publishers',
    listed=ref('stg_rawg__publishers'),
    named=[ref('stg_rawg__game_publishers')],
) }}
