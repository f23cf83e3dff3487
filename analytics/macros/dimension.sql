{#- The rows of a dimension that this build brings: of each id the newest observation.

    `listed` is the dimension's own list and has the say; `named` are the same things as games
    name them, by `name` and `slug`. `columns` are the others, name to type: only lists carry
    them. With `all_rows` also those that stay as they are. -#}
{% macro dimension(key, columns, listed, named=none, where='true', all_rows=false) -%}
    {%- set all_columns = ['name', 'slug'] + (columns | list) -%}
    with

    listed as (

        select
            source_system,
            {{ key }},
            {{ all_columns | join(',\n            ') }},
            true as is_listed,
            observed_at,
            file_name,
            row_hash,
            true as is_new
        from {{ listed }}
        where {{ where }}

    ),

    loaded as (

        select * from listed
        {% if named %}
        union all
        select
            source_system,
            {{ key }},
            name,
            slug,
            {%- for column, type in columns.items() %}
            cast(null as {{ type }}) as {{ column }},
            {%- endfor %}
            false as is_listed,
            observed_at,
            file_name,
            max(row_hash) as row_hash,
            true as is_new
        from {{ named }}
        where {{ where }}
        -- few are left of the millions of times that games name a tag
        group by source_system, {{ key }}, name, slug, observed_at, file_name
        {% endif %}

    ),

    candidates as (

        select * from loaded
        {% if is_incremental() %}
        union all
        select
            source_system,
            {{ key }},
            {{ all_columns | join(',\n            ') }},
            is_listed,
            observed_at,
            file_name,
            cast(null as varchar) as row_hash,
            false as is_new
        from {{ this }}
        {% if not all_rows %}
        where {{ key }} in (select {{ key }} from loaded)
        {% endif %}
        {% endif %}

    ),

    newest as (

        select * from candidates
        qualify row_number() over (
            partition by source_system, {{ key }}
            order by is_listed desc, {{ newest_first() }}, name, slug
        ) = 1

    )

    select
        source_system,
        {{ key }},
        {{ all_columns | join(',\n        ') }},
        is_listed,
        observed_at,
        file_name
    from newest
    {% if not all_rows %}
    where is_new
    {% endif %}
{%- endmacro %}
