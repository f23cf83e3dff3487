"""What the checks of a run said."""

from __future__ import annotations

import dagster as dg

__all__ = ["find_checks", "find_failed_checks"]


def find_checks(instance: dg.DagsterInstance, run_id: str) -> list[dg.AssetCheckEvaluation]:
    """The evaluations of one run."""
    records = instance.get_records_for_run(
        run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ).records
    events = [record.event_log_entry.dagster_event for record in records]
    return [event.asset_check_evaluation_data for event in events if event]


def find_failed_checks(instance: dg.DagsterInstance, run_id: str) -> list[dg.AssetCheckEvaluation]:
    """The checks of one run that did not pass."""
    return [check for check in find_checks(instance, run_id) if not check.passed]
