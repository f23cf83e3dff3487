{#- Which companies made a game and published it, too: source_system, game_id, developer_id and
    publisher_id of the same name. Names alone tell: a company has an id in either list. -#}
{% macro self_published_games() -%}
    (
        select
            made.source_system,
            made.game_id,
            made.developer_id,
            published.publisher_id
        from {{ ref('bridge_game_developers') }} as made
        inner join {{ ref('bridge_game_publishers') }} as published
            on made.source_system = published.source_system
            and made.game_id = published.game_id
        inner join {{ ref('dim_developers') }} as developers
            on made.source_system = developers.source_system
            and made.developer_id = developers.developer_id
        inner join {{ ref('dim_publishers') }} as publishers
            on published.source_system = publishers.source_system
            and published.publisher_id = publishers.publisher_id
        where lower(trim(developers.name)) = lower(trim(publishers.name))
    )
{%- endmacro %}
