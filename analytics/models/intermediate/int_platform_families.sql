{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['source_system', 'platform_id'],
    on_schema_change='fail'
) }}

{{ dimension(
    'platform_id',
    {'parent_platform_id': 'bigint'},
    endpoint='parent_platforms',
    listed=ref('stg_rawg__parent_platform_platforms')
) }}
