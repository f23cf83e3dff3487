{{ config(unique_key=['source_system', 'developer_id']) }}

{{ dimension(
    'developer_id',
    {
        'games_count': 'bigint',
        'background_image_url': 'varchar',
    },
    endpoint='developers',
    listed=ref('stg_rawg__developers'),
    named=[ref('stg_rawg__game_developers')],
) }}
