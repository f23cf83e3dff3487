{#- All rows of a dimension: of each id what the newest observation calls it, and what its own list
    last said of it.

    `listed` is that list, of `endpoint`; `named` are relations of the same things as anything else names
    them, by `name` and `slug`. `columns` are the others, name to type: only lists carry them. is_listed: the
    newest complete reading of the list has it. Every row, since a reading also says so of those
    that it has no more. -#}
{% macro dimension(key, columns, endpoint, listed, named=[], where='true') -%}
    {%- set all_columns = ['name', 'slug'] + (columns | list) -%}
    with

    loaded as (

        select
            source_system,
            {{ key }},
            {{ all_columns | join(',\n            ') }},
            observed_at as listed_at,
            observed_at,
            file_name,
            row_hash
        from {{ listed }}
        where {{ where }}
        {% for relation in named %}
        union all
        select
            source_system,
            {{ key }},
            name,
            slug,
            {%- for column, type in columns.items() %}
            cast(null as {{ type }}) as {{ column }},
            {%- endfor %}
            cast(null as timestamp) as listed_at,
            observed_at,
            file_name,
            max(row_hash) as row_hash
        from {{ relation }}
        where {{ where }}
        -- few are left of the millions of times that games name a tag
        group by source_system, {{ key }}, name, slug, observed_at, file_name
        {% endfor %}

    ),

    candidates as (

        select * from loaded
        {% if is_incremental() %}
        union all
        select
            source_system,
            {{ key }},
            {{ all_columns | join(',\n            ') }},
            listed_at,
            observed_at,
            file_name,
            cast(null as varchar) as row_hash
        from {{ this }}
        {% endif %}

    ),

    names as (

        select * from candidates
        qualify row_number() over (
            partition by source_system, {{ key }}
            order by case when name is null then 1 else 0 end, {{ newest_first() }}, name, slug
        ) = 1

    ),

    -- Of one moment by value: which file said so is kept of the name alone.
    lists as (

        select * from candidates
        where listed_at is not null
        qualify row_number() over (
            partition by source_system, {{ key }}
            order by
                listed_at desc nulls last
                {%- for column in columns %},
                {{ column }} desc nulls last
                {%- endfor %}
        ) = 1

    ),

    readings as (

        select
            source_system,
            max(observed_from) as observed_from
        from {{ ref('stg_rawg__complete_readings') }}
        where endpoint = '{{ endpoint }}'
        group by source_system

    )

    select
        names.source_system,
        names.{{ key }},
        names.name,
        names.slug,
        {%- for column in columns %}
        lists.{{ column }},
        {%- endfor %}
        lists.listed_at is not null
        and lists.listed_at >= coalesce(readings.observed_from, lists.listed_at) as is_listed,
        lists.listed_at,
        names.observed_at,
        names.file_name
    from names
    left join lists
        on names.source_system = lists.source_system
        and names.{{ key }} = lists.{{ key }}
    left join readings
        on names.source_system = readings.source_system
{%- endmacro %}
