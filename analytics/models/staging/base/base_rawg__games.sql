{#- The same thing in three endpoints: lists of a day's edits, the list of those that most have, details.
    One table, so that whatever is in a row is taken apart once. -#}
{%- set texts = ['id', 'rating_top', 'esrb_rating.id as esrb_rating_id'] -%}
{%- for field in game_fields() -%}
    {%- do texts.append(field.path if field.path == field.text else field.path ~ ' as ' ~ field.text) -%}
{%- endfor -%}

{{ base_rows('rawg', ['games', 'games_top', 'game_details'], texts, [
    'esrb_rating',
    'genres',
    'platforms',
    'parent_platforms',
    'stores',
    'tags',
    'ratings',
    'added_by_status',
    'developers',
    'publishers',
    'metacritic_platforms',
]) }}
