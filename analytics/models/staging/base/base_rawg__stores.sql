{{ base_rows('rawg', 'stores', [
    'id',
    'slug',
    'name',
    'games_count',
    'image_background as background_image',
    'domain',
]) }}
