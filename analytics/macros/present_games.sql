{#- dim_games without those that are gone: a deleted game is no longer on the market, and a merged
    one is there as its target, which would count twice. -#}
{% macro present_games() -%}
    (select * from {{ ref('dim_games') }} where not is_deleted and merged_into_game_id is null)
{%- endmacro %}
