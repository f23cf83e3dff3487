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

{#- Refuses a session in which `timestamp` is a type with a zone: dbt-snowflake sets no parameters, so the
    user's decide (TIMESTAMP_TYPE_MAPPING), and all of our times are UTC without one. -#}
{% macro check_session() -%}
    {%- if execute -%}
        {{ adapter.dispatch('check_session')() }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__check_session() -%}
{%- endmacro %}

{% macro snowflake__check_session() -%}
    {%- set type = run_query("select system$typeof(cast(null as timestamp))").columns[0].values()[0] -%}
    {%- if not type.startswith('TIMESTAMP_NTZ') -%}
        {%- do exceptions.raise_compiler_error(
            "TIMESTAMP_TYPE_MAPPING of the Snowflake user makes " ~ type ~ " of timestamps: set it by "
            ~ "`alter user <name> set timestamp_type_mapping = 'TIMESTAMP_NTZ'` and build again."
        ) -%}
    {%- endif -%}
{%- endmacro %}
