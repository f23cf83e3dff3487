{{ base_rows('rawg', 'parent_platforms', ['id', 'slug', 'name'], ['platforms']) }}
