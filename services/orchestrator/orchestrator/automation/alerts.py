"""Sensors that report what went wrong behind a server: in Dagster's log, and to a webhook if set."""

# No `from __future__ import annotations`: Dagster reads the annotations of sensor functions.
import json
from collections.abc import Iterable
from http.client import HTTPException
from urllib.request import Request, urlopen

import dagster as dg
from pydantic import SecretStr

from orchestrator.automation.failed_checks import find_failed_checks
from orchestrator.automation.lateness import IS_FRESH

_TIMEOUT_SECONDS = 10


def build_sensors(webhook: SecretStr | None) -> list[dg.SensorDefinition]:
    """One for runs that failed, one for days that are late; they are always on."""

    @dg.run_failure_sensor(
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Reports a run that failed, with the stages' own sentences.",
    )
    def report_failures(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        text = describe_failure(run, context.get_step_failure_events(), context.failure_event)
        report(text, webhook, context)

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Reports the newest run date when it is not there in time.",
    )
    def report_lateness(context: dg.RunStatusSensorContext) -> dg.SkipReason | None:
        failed = find_failed_checks(context.instance, context.dagster_run.run_id)
        late = [
            (check.description or "is late", check.asset_key.path[-1])
            for check in failed
            if check.check_name == IS_FRESH
        ]
        if not late:
            # Without a reason Dagster would note in every run that this sensor acted on it.
            return dg.SkipReason("This run found nothing late.")
        report(say_once(late), webhook, context)
        return None

    return [report_failures, report_lateness]


def describe_failure(
    run: dg.DagsterRun, steps: Iterable[dg.DagsterEvent], end: dg.DagsterEvent
) -> str:
    """What ran, for which day, and why each step failed."""
    reasons = say_once((_find_sentence(event), event.step_key or "") for event in steps)
    title = f"{run.job_name} {run.tags.get('dagster/partition', '')}".strip()
    return f"{title} failed (run {run.run_id}).\n{reasons or end.message or 'no word of why'}"


def say_once(sentences: Iterable[tuple[str, str]]) -> str:
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


def report(text: str, webhook: SecretStr | None, context: dg.RunStatusSensorContext) -> None:
    """Logs `text` and sends it; a webhook that does not take it is a warning, never an error."""
    context.log.error(text)
    if webhook is None:
        return
    try:
        send(text, webhook)
    except (OSError, HTTPException) as error:
        # Not its URL: whoever has that can write there.
        context.log.warning(f"ALERT_WEBHOOK_URL did not take the report: {type(error).__name__}.")


def send(text: str, webhook: SecretStr) -> None:
    """POSTs {"text": ...}, which Slack, Mattermost and their like take; OSError when refused."""
    request = Request(
        webhook.get_secret_value(),
        data=json.dumps({"text": text}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
        answer.read()
