{#- Natural keys that this build read and the mart does not have, and rows that it wrote into the
    mart without having read them.

    `loaded`: a staging model that is read for the key `columns`, under its own names by `renamed`
    (column: expression); `also` more of them, of which the mart is the union, `of_rows` a
    condition on both. `counting`: the rows that count (int_counting_games), by its `flag`. -#}
{% test holds_what_was_loaded(
    model, columns, loaded, also=[], renamed={}, of_rows='true', counting=none, flag=none
) %}
with

loaded_keys as (

    {%- for relation in [loaded] + also %}
    {% if not loop.first %}union{% endif %}
    select distinct
        {%- for column in columns %}
        {{ renamed.get(column, 'items.' ~ column) }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }} as items
    {%- if counting %}
    inner join {{ counting }} as counting
        on items.source_system = counting.source_system
        and items.game_id = counting.game_id
        and items.file_name = counting.file_name
        and items.row_hash = counting.row_hash
        and counting.{{ flag }}
    {%- endif %}
    where {{ of_rows }}
    {%- endfor %}

),

missing as (

    select * from loaded_keys
    except
    select {{ columns | join(', ') }} from {{ model }}

),

unread as (

    select {{ columns | join(', ') }} from {{ new_rows(model) }} as tested
    except
    select * from loaded_keys

)

select 'missing in the mart' as problem, missing.* from missing
union all
select 'never loaded' as problem, unread.* from unread
{% endtest %}
