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
