{#- A select of the items inside games that count: source_system, game_id, `columns`, observed_at
    and file_name.

    `counting` is a flag of int_counting_games, `key` what names an item within a game (and
    day); a list may name one twice, then the first by `prefer` (an order by) counts. -#}
{% macro game_items(items, key, columns, counting, prefer='items.name', where='true') -%}
    select
        items.source_system,
        items.game_id,
        {%- for column in columns %}
        {{ column if '.' in column else 'items.' ~ column }},
        {%- endfor %}
        items.observed_at,
        items.file_name
    from {{ items }} as items
    inner join {{ ref('int_counting_games') }} as counting
        on items.source_system = counting.source_system
        and items.game_id = counting.game_id
        and items.file_name = counting.file_name
        and items.row_hash = counting.row_hash
    where counting.{{ counting }}
        and {{ where }}
    qualify row_number() over (
        partition by items.source_system, items.game_id, counting.observed_at, items.{{ key }}
        order by {{ prefer }}
    ) = 1
{%- endmacro %}
