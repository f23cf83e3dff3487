{#- The games whose history this build computes anew, from all their observations: those that it loads, and
    those that are gone (few), since nothing of these is loaded when that is found. -#}
{% macro history_games() -%}
    (
        select source_system, game_id from {{ ref('stg_rawg__games') }}
        union
        select source_system, game_id from {{ ref('int_gone_games') }}
    )
{%- endmacro %}
