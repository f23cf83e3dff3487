{{ base_rows('rawg', 'genres', [
    'id',
    'slug',
    'name',
    'games_count',
    'image_background as background_image',
]) }}
