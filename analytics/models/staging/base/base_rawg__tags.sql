{{ base_rows('rawg', 'tags', [
    'id',
    'slug',
    'name',
    'games_count',
    'image_background as background_image',
    'language',
]) }}
