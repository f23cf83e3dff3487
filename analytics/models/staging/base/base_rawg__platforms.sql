{{ base_rows('rawg', 'platforms', [
    'id',
    'slug',
    'name',
    'games_count',
    'image_background as background_image',
    'image',
    'year_start',
    'year_end',
]) }}
