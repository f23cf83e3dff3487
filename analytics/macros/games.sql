{#- The fields of a game that become columns of dim_games, as dim_games.yml maps them (`meta` of a column): `path` in
    a row's JSON, `type` of cast_text (a text without one), `only_details` where lists have it never. A new one is a
    column there and nothing else: base, staging, rejects and the mart follow.

    Dictionaries of `column`, `path`, `type` (none for texts), `only_details`, and `text`: what base models call it.
    Empty while dbt parses: no reference depends on it. -#}
{% macro game_fields() -%}
    {%- set fields = [] -%}
    {%- if execute -%}
        {%- set columns = graph.nodes['model.' ~ project_name ~ '.dim_games'].columns -%}
        {%- for column in columns.values() if column.meta.path -%}
            {%- do fields.append({
                'column': column.name,
                'path': column.meta.path,
                'text': column.meta.path | replace('.', '_'),
                'type': column.meta.type,
                'only_details': column.meta.only_details or false,
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(fields) }}
{%- endmacro %}

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

{#- The order in which observations of one thing count, newest first: by the source's clock, then
    by file name. Total: equal in all of these means the same bytes. Rows that a mart holds have
    no row_hash; they can only tie with their own file. -#}
{% macro newest_first() -%}
    observed_at desc, file_name desc, row_hash desc nulls last
{%- endmacro %}

{#- The games whose history this build computes anew, from all their observations: those that it loads, and
    those that are gone (few), since nothing of these is loaded when that is found. -#}
{% macro history_games() -%}
    (
        select source_system, game_id from {{ ref('stg_rawg__games') }}
        union
        select source_system, game_id from {{ ref('int_gone_games') }}
    )
{%- endmacro %}

{#- dim_games without those that are gone: a deleted game is no longer on the market, and a merged
    one is there as its target, which would count twice. -#}
{% macro present_games() -%}
    (select * from {{ ref('dim_games') }} where not is_deleted and merged_into_game_id is null)
{%- endmacro %}

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
