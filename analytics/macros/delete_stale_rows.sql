{#- After a bridge was merged: removes what the newest observation of a game no longer lists.

    The rows of a game's current list were all just written with its file name, so a row with
    another one is left over from an older list. -#}
{% macro delete_stale_rows(bridge) -%}
    {%- if is_incremental() -%}
        delete from {{ bridge }}
        where (source_system, game_id, file_name) not in (
            select source_system, game_id, file_name
            from {{ ref('int_current_games') }}
        )
    {%- endif -%}
{%- endmacro %}
