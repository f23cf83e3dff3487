"""What runs by itself: jobs, schedules, backfills, alerts."""
