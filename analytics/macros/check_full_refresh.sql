{#- Refuses a full refresh of models without those that load the lake for them: staging holds the
    rows of the last build, so a mart would come out with these alone. -#}
{% macro check_full_refresh() -%}
    {%- set asked = selected_resources | select('string') | list -%}
    {%- set loading = 'model.' ~ project_name ~ '.base_rawg__games' -%}
    {%- if execute and flags.FULL_REFRESH and asked and loading not in asked -%}
        {%- do exceptions.raise_compiler_error(
            "A full refresh of some models must load the lake for them: select them with what "
            ~ "they are made of, like +dim_games, or leave out --full-refresh."
        ) -%}
    {%- endif -%}
{%- endmacro %}
