{{ config(unique_key=['source_system', 'game_id']) }}

{#- What each observation says, and what only details do: null until one was read. -#}
{%- set columns = ['observed_at', 'run_date', 'file_name'] -%}
{%- set detail_columns = [] -%}
{%- for field in game_fields() -%}
    {%- do (detail_columns if field.only_details else columns).append(field.column) -%}
{%- endfor %}

with

-- distinct: a page that was read twice brings the same row twice
counting as (

    select distinct
        games.source_system,
        games.game_id,
        games.{{ columns | join(',\n        games.') }},
        games.{{ detail_columns | join(',\n        games.') }},
        counting_games.is_current,
        counting_games.is_last_detail
    from {{ ref('stg_rawg__games') }} as games
    inner join {{ ref('int_counting_games') }} as counting_games
        on games.source_system = counting_games.source_system
        and games.game_id = counting_games.game_id
        and games.file_name = counting_games.file_name
        and games.row_hash = counting_games.row_hash

),

gone as (

    select * from {{ ref('int_gone_games') }}

),

touched as (

    select distinct
        source_system,
        game_id
    from counting
    where is_current or is_last_detail
    {%- if is_incremental() %}
    union
    -- nothing of them is loaded: a request that found nothing has no row
    select
        known.source_system,
        known.game_id
    from {{ this }} as known
    inner join gone
        on known.source_system = gone.source_system
        and known.game_id = gone.game_id
    where gone.observed_at >= known.observed_at
        and (
            not known.is_deleted and known.merged_into_game_id is null
            or known.merged_into_game_id is distinct from gone.merged_into_game_id
        )
    {%- endif %}

),

current_games as (

    select * from counting
    where is_current

),

details as (

    select
        *,
        observed_at as details_observed_at
    from counting
    where is_last_detail

)

{%- if is_incremental() %},

-- Of the games that come with a list or a detail only (or with neither), the other half is here
-- already. Two small reads: one of all columns would cost what the whole catalogue costs.
known_games as (

    select
        source_system,
        game_id,
        {{ columns | join(',\n        ') }}
    from {{ this }}
    where (source_system, game_id) in (
        select source_system, game_id from touched
        except
        select source_system, game_id from current_games
    )

),

known_details as (

    select
        source_system,
        game_id,
        {{ (detail_columns + ['details_observed_at']) | join(',\n        ') }}
    from {{ this }}
    where details_observed_at is not null

)
{%- endif %}

{%- set halves = [
    (columns, 'current_games', 'known_games'),
    (detail_columns + ['details_observed_at'], 'details', 'known_details'),
] %},

games as (

    select
        touched.source_system,
        touched.game_id
        {%- for half, new, known in halves %}
        {%- for column in half %},
        {% if is_incremental() -%}
        case
            when {{ new }}.game_id is null then {{ known }}.{{ column }}
            else {{ new }}.{{ column }}
        end as {{ column }}
        {%- else -%}
        {{ new }}.{{ column }}
        {%- endif %}
        {%- endfor %}
        {%- endfor %}
    from touched
    {%- for half, new, known in halves %}
    left join {{ new }}
        on touched.source_system = {{ new }}.source_system
        and touched.game_id = {{ new }}.game_id
    {%- if is_incremental() %}
    left join {{ known }}
        on touched.source_system = {{ known }}.source_system
        and touched.game_id = {{ known }}.game_id
    {%- endif %}
    {%- endfor %}

)

-- Of one moment the detail comes before the list, also when it finds nothing.
select
    games.*,
    cast(length(games.description) as bigint) as description_length,
    gone.observed_at is not null and gone.merged_into_game_id is null as is_deleted,
    gone.merged_into_game_id
from games
left join gone
    on games.source_system = gone.source_system
    and games.game_id = gone.game_id
    and games.observed_at <= gone.observed_at
