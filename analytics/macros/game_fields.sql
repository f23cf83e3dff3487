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
