{{ config(unique_key=['source_system', 'publisher_id']) }}

{{ leaderboard('publisher') }}
