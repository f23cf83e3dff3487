{{ config(unique_key=['source_system', 'store_id']) }}

{{ dimension(
    'store_id',
    {
        'games_count': 'bigint',
        'domain': 'varchar',
        'background_image_url': 'varchar',
    },
    endpoint='stores',
    listed=ref('stg_rawg__stores'),
    named=[ref('stg_rawg__game_stores')],
) }}
