{#- Before a merge into the history: removes all versions of the games that this build loads; they
    are computed anew from all observations. -#}
{% macro replace_history(history) -%}
    {%- if is_incremental() -%}
        delete from {{ history }}
        where (source_system, game_id) in (
            select source_system, game_id from {{ ref('stg_rawg__games') }}
        )
    {%- endif -%}
{%- endmacro %}
