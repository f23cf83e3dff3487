{#- A select of what any endpoint's rows have, for one that has no model: id (null where it is
    none), name, slug, and `payload`, the whole row as JSON. Of every part in the lake.

    `items` names the field of a page that holds its rows. -#}
{% macro generic_rows(source_system, endpoint, items) -%}
    select
        source_system,
        {{ cast_text('id', 'id') }} as id,
        name,
        slug,
        payload,
        run_date,
        observed_at,
        file_name,
        row_hash
    from (
        select
            *,
            {{ json_literal('id_value') }} as id
        from (
            {{ json_columns(
                "(" ~ lake_rows(source_system, endpoint, items, all_parts=true) ~ ") as lake_rows",
                _base_columns() + ['item as payload'],
                ['name', 'slug'],
                ['id as id_value']
            ) }}
        ) as item_rows
    ) as text_rows
{%- endmacro %}
