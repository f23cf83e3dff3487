{{ base_rows('rawg', 'developers', [
    'id',
    'slug',
    'name',
    'games_count',
    'image_background as background_image',
]) }}
