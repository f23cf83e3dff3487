{#- Before a merge: removes the rows that this build replaces together, so that what a newer
    observation no longer lists leaves. `key` with `counting` (a flag of int_counting_games)
    names them. -#}
{% macro replace_rows(mart, counting, key=['source_system', 'game_id']) -%}
    {%- if is_incremental() -%}
        delete from {{ mart }}
        where ({{ key | join(', ') }}) in (
            select {{ key | join(', ') }}
            from {{ ref('int_counting_games') }}
            where {{ counting }}
        )
    {%- endif -%}
{%- endmacro %}
