"""Daily partitions: a partition key is a run date, a UTC day as YYYY-MM-DD."""

import dagster as dg

from orchestrator.check_request import FIRST_RUN_DATE

daily_partitions = dg.DailyPartitionsDefinition(
    start_date=FIRST_RUN_DATE.isoformat(), timezone="UTC"
)
