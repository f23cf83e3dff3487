{#- Hands the SQL of every data test to the transformer, which runs one query a model (`checks/data_tests.py`):
    a node of dbt's for each costs more than all that they ask. As one line of JSON in dbt's log, since
    its events are what the transformer hears; `dbt test` runs them one by one, as ever.

    An argument of a test is text where it names a relation: "ref('dim_games')". -#}
{% macro log_data_tests() -%}
    {#- What tests themselves refer to; of hooks dbt wants it named. -#}
    {%- do ref('rejected_values') -%}
    {%- if execute and flags.WHICH == 'run' -%}
        {%- set tests = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'test' and node.test_metadata -%}
            {%- set arguments = {} -%}
            {%- for name, value in node.test_metadata.kwargs.items() -%}
                {%- do arguments.update({name: _tests_argument(value)}) -%}
            {%- endfor -%}
            {%- do tests.append({
                'unique_id': node.unique_id,
                'sql': context['test_' ~ node.test_metadata.name](**arguments) | trim,
            }) -%}
        {%- endfor -%}
        {%- do log(tojson({'data_tests': tests}), info=false) -%}
    {%- endif -%}
{%- endmacro %}

{% macro _tests_argument(value) -%}
    {%- if value is string -%}
        {%- set named = modules.re.search("(ref|source)\\('(\\w+)'(?:, *'(\\w+)')?\\)", value) -%}
        {{ return(_relation_of(named.groups()) if named else value) }}
    {%- elif value is sequence and value is not mapping -%}
        {%- set converted = [] -%}
        {%- for one in value -%}
            {%- do converted.append(_tests_argument(one)) -%}
        {%- endfor -%}
        {{ return(converted) }}
    {%- endif -%}
    {{ return(value) }}
{%- endmacro %}

{% macro _relation_of(named) -%}
    {%- if named[0] == 'source' -%}
        {{ return(source(named[1], named[2])) }}
    {%- endif -%}
    {%- set model = graph.nodes['model.' ~ project_name ~ '.' ~ named[1]] -%}
    {%- set relation = api.Relation.create(
        database=model.database, schema=model.schema, identifier=model.alias
    ) -%}
    {{ return(pending_relation(relation) if model.config.materialized == 'mart' else relation) }}
{%- endmacro %}
