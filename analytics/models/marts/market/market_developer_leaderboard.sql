{{ config(unique_key=['source_system', 'developer_id']) }}

{{ leaderboard('developer') }}
