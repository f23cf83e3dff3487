{#- How marts are built: beside what stands, so that nobody who reads `marts` sees anything of a build before its
    tests have passed, and nothing of one that failed or died.

    In schema `pending` a build leaves of each mart the rows that it writes (`<mart>_rows`), the keys of
    those that they replace (`<mart>_keys`), and a view under the mart's own name: what the mart will be. Other
    models and all tests read that view (see `ref`), `this` is the mart as it stands. The transformer
    takes all of them over in one transaction (`warehouse/pending_marts.py`).

    What a build replaces is the rows of the same unique_key, and what `meta.replaces` says:
        a flag of int_counting_games: all rows of these games (and of the day, where it is one of a day),
            so that what a newer observation no longer lists leaves;
        history: all versions of the games whose history is computed anew;
        everything. -#}
{% materialization mart, default %}
    {%- set replaces = config.get('meta', {}).get('replaces') -%}
    {%- set rows = pending_relation(this, '_rows') -%}
    {%- set replaced = [(rows, config.get('unique_key'))] -%}

    {% call statement('drop_rows') %}drop table if exists {{ rows }}{% endcall %}
    {% call statement('main') %}{{ get_create_table_as_sql(False, rows, sql) }}{% endcall %}
    {% if is_incremental() and replaces in ['history', 'is_current', 'is_last_detail', 'is_last_detail_of_day'] %}
        {%- set keys = pending_relation(this, '_keys') -%}
        {%- set key = ['source_system', 'game_id'] + (['observed_on'] if 'of_day' in replaces else []) -%}
        {%- do replaced.append((keys, key)) -%}
        {% call statement('drop_keys') %}drop table if exists {{ keys }}{% endcall %}
        {% call statement('keys') %}
            create table {{ keys }} as
            select distinct {{ key | join(', ') }}
            {% if replaces == 'history' -%}
            from {{ history_games() }} as games
            {%- else -%}
            from {{ ref('int_counting_games') }}
            where {{ replaces }}
            {%- endif %}
        {% endcall %}
    {% endif %}
    {%- set columns = model.columns | join(', ') -%}
    {% call statement('view') %}
        create or replace view {{ pending_relation(this) }} as
        select {{ columns }} from {{ rows }}
        {% if is_incremental() and replaces != 'everything' %}
        union all
        select {{ columns }} from {{ this }} as standing
        where true
        {%- for relation, key in replaced %}
            and not exists (
                select 1
                from {{ relation }} as replaced
                where {% for column in key -%}
                    {{ 'and ' if not loop.first }}standing.{{ column }} = replaced.{{ column }}
                {% endfor %}
            )
        {%- endfor %}
        {% endif %}
    {% endcall %}
    {{ adapter.commit() }}
    {{ return({'relations': [pending_relation(this)]}) }}
{% endmaterialization %}

{#- Whether a model takes what is due into what stands; dbt's own, which knows its own materialization only. -#}
{% macro is_incremental() -%}
    {%- if not execute or model.config.materialized not in ['incremental', 'mart'] or should_full_refresh() -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set standing = adapter.get_relation(this.database, this.schema, this.table) -%}
    {{ return(standing is not none and standing.type == 'table') }}
{%- endmacro %}

{#- dbt's own, but of a mart what it will be. -#}
{% macro ref(model_name) -%}
    {%- set relation = builtins.ref(model_name) -%}
    {{ return(pending_relation(relation) if relation.schema == 'marts' else relation) }}
{%- endmacro %}

{% macro pending_relation(mart, suffix='') -%}
    {{ return(api.Relation.create(
        database=mart.database, schema='pending', identifier=mart.identifier ~ suffix,
        type='table' if suffix else 'view'
    )) }}
{%- endmacro %}
