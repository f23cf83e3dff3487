with

source as (

    select * from {{ ref('base_rawg__games') }}

),

renamed as (

    select
        -- ids
        source_system,
        {{ cast_text('id', 'id') }} as game_id,

        -- what dim_games has of them
        {%- for field in game_fields() %}
        {{ cast_text(field.text, field.type) if field.type else field.text }} as {{ field.column }},
        {%- endfor %}

        -- numbers
        {{ cast_text('esrb_rating_id', 'bigint') }} as esrb_rating_id,
        {{ cast_text('rating_top', 'bigint') }} as rating_top,

        -- booleans
        endpoint = 'game_details' as is_detail,
        {{ is_rejected('released', 'date') }} as is_released_on_rejected,
        {{ is_rejected('tba', 'boolean') }} as is_tba_rejected,
        {{ is_rejected('metacritic', 'score') }} as is_metacritic_score_rejected,

        -- where it comes from
        run_date,
        observed_at,
        file_name,
        row_hash
    from source

)

select * from renamed
where game_id is not null
