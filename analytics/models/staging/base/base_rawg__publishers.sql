{{ base_rows('rawg', 'publishers', [
    'id',
    'slug',
    'name',
    'games_count',
    'image_background as background_image',
]) }}
