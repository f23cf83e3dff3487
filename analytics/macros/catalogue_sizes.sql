{#- How many games each source says that it has, by the newest list that tells; none before it was
    read. Not how many are known here: of these a small sample could be all. -#}
{% macro catalogue_sizes() -%}
    (
        select
            source_system,
            games_count
        from {{ ref('stg_rawg__catalogue_sizes') }}
        qualify row_number() over (
            partition by source_system
            order by observed_at desc nulls last, run_date desc nulls last
        ) = 1
    )
{%- endmacro %}
