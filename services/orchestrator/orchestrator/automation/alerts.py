"""Sensors that tell people what happens behind a server: what went wrong, and that it is alive.

What went wrong is told in Dagster's log, and to a webhook if one is set. The sensor's cursor is the
end of the last run that was told, so what a webhook does not take is sent again with the next tick.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of sensor functions.
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import dagster as dg
from pydantic import SecretStr

from orchestrator.automation.failed_checks import find_failed_checks
from orchestrator.automation.freshness import IS_FRESH
from orchestrator.automation.webhook import WebhookError, ping, post_text

__all__ = ["build_sensors", "describe_run"]

# An alert that nobody took for so long is given up: it must not hold back the others for ever.
_GIVE_UP_SECONDS = 24 * 60 * 60
_ALERTS_SECONDS = 30
# Services that watch for a sign of life take minutes; each tick is a row in Dagster's storage.
_HEARTBEAT_SECONDS = 300
_RUNS_A_TICK = 20

_ENDED = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS]


def build_sensors(
    webhook: SecretStr | None, heartbeat: SecretStr | None
) -> list[dg.SensorDefinition]:
    """The alerts, always on, and the heartbeat where there is somebody to take it."""
    return [_build_alerts(webhook), *([_build_heartbeat(heartbeat)] if heartbeat else [])]


def _build_alerts(webhook: SecretStr | None) -> dg.SensorDefinition:
    @dg.sensor(
        name="alerts",
        minimum_interval_seconds=_ALERTS_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Reports runs that failed, by the stages' own sentences, and days that are late.",
    )
    def alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        since = float(context.cursor or time.time())
        context.update_cursor(str(since))
        for record in find_ended_runs(context.instance, since):
            try:
                _report(describe_run(context.instance, record.dagster_run), webhook, context)
            except WebhookError as error:
                if time.time() - _end_of(record) < _GIVE_UP_SECONDS:
                    return dg.SkipReason(f"ALERT_WEBHOOK_URL: {error}. It is sent again.")
            context.update_cursor(str(_end_of(record)))
        return dg.SkipReason("What there was to report is reported.")

    return alerts


def _build_heartbeat(address: SecretStr) -> dg.SensorDefinition:
    @dg.sensor(
        name="heartbeat",
        minimum_interval_seconds=_HEARTBEAT_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Asks for HEARTBEAT_URL: while nobody does, schedules and alerts are dead.",
    )
    def heartbeat(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        try:
            ping(address)
        except WebhookError as error:
            context.log.warning(f"HEARTBEAT_URL did not take the sign of life: {error}.")
        return dg.SkipReason("A sign of life.")

    return heartbeat


def find_ended_runs(instance: dg.DagsterInstance, since: float) -> list[dg.RunRecord]:
    """The next runs that succeeded or failed after `since` (a Unix time), by their end."""
    # Tags change a run later, so the last change is no end; it is never before it.
    changed = dg.RunsFilter(statuses=_ENDED, updated_after=datetime.fromtimestamp(since, UTC))
    ended = [one for one in instance.get_run_records(changed) if _end_of(one) > since]
    return sorted(ended, key=_end_of)[:_RUNS_A_TICK]


def describe_run(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    """What ran, for which day, and why each step failed; or what it found late; or nothing."""
    if run.is_success:
        late = [
            (check.description or "is late", check.asset_key.path[-1])
            for check in find_failed_checks(instance, run.run_id)
            if check.check_name == IS_FRESH
        ]
        return _say_once(late)
    steps = _find_events(instance, run, dg.DagsterEventType.STEP_FAILURE)
    reasons = _say_once((_find_sentence(event), event.step_key or "") for event in steps)
    ends = [
        end.message or "" for end in _find_events(instance, run, dg.DagsterEventType.RUN_FAILURE)
    ]
    title = f"{run.job_name} {run.tags.get('dagster/partition', '')}".strip()
    why = reasons or "".join(ends[-1:]) or "no word of why"
    return f"{title} failed (run {run.run_id}).\n{why}"


def _find_events(
    instance: dg.DagsterInstance, run: dg.DagsterRun, of_type: dg.DagsterEventType
) -> Iterator[dg.DagsterEvent]:
    for record in instance.get_records_for_run(run.run_id, of_type=of_type).records:
        if event := record.event_log_entry.dagster_event:
            yield event


def _say_once(sentences: Iterable[tuple[str, str]]) -> str:
    """A line a sentence, behind the names of those who said it."""
    said: dict[str, list[str]] = {}
    for sentence, name in sentences:
        said.setdefault(sentence, []).append(name)
    return "\n".join(f"{', '.join(names)}: {sentence}" for sentence, names in said.items())


def _find_sentence(event: dg.DagsterEvent) -> str:
    """The description that a Failure was raised with, or the first line of another error."""
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return str(failure.user_failure_data.description)
    return (failure.error_display_string.strip() or "no word of why").splitlines()[0]


def _end_of(record: dg.RunRecord) -> float:
    return record.end_time or 0.0


def _report(text: str, webhook: SecretStr | None, context: dg.SensorEvaluationContext) -> None:
    """Logs what there is and sends it; WebhookError when it is not taken."""
    if text:
        context.log.error(text)
        if webhook:
            post_text(text, webhook)
