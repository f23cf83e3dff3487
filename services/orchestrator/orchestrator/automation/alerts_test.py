from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest
from pydantic import SecretStr

from gamemarket.errors import UsageError
from gamemarket.settings import load_settings
from orchestrator.automation.alerts import build_sensors
from orchestrator.automation.lateness import IS_FRESH

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")

TOKEN = "b7e1f0"


class Webhook(BaseHTTPRequestHandler):
    """Takes what is posted; a path that ends with a number is answered by it."""

    received: list[str] = []  # noqa: RUF012 - the handler is made anew for each request

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append(json.loads(body)["text"])
        self.send_response(500 if self.path.endswith("/500") else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def webhook() -> Iterator[str]:
    Webhook.received.clear()
    with HTTPServer(("127.0.0.1", 0), Webhook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{TOKEN}"
        server.shutdown()
        thread.join()


@dg.op
def refuse() -> None:
    raise dg.Failure("RAWG refuses the key.")


@dg.op
def break_down() -> None:
    raise RuntimeError("no such file")


@dg.job(tags={"dagster/partition": "2024-01-02"})
def failing() -> None:
    refuse()
    refuse.alias("refuse_again")()
    break_down()


@dg.asset_check(asset="games", name=IS_FRESH)
def is_late() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False, description="2024-01-02 is not there.")


def evaluate(
    instance: dg.DagsterInstance, job: dg.JobDefinition, sensor_name: str, webhook: str | None
) -> object:
    """Runs the job, and then the sensor as the daemon does."""
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    context = dg.build_run_status_sensor_context(
        sensor_name=sensor_name,
        dagster_instance=instance,
        dagster_run=result.dagster_run,
        dagster_event=result.all_events[-1],
    )
    secret = SecretStr(webhook) if webhook else None
    [sensor] = [sensor for sensor in build_sensors(secret) if sensor.name == sensor_name]
    return sensor(context if result.success else context.for_run_failure())


def test_a_failed_run_is_reported_with_its_day_and_each_sentence_once(
    instance: dg.DagsterInstance, webhook: str
) -> None:
    evaluate(instance, failing, "report_failures", webhook)
    [text] = Webhook.received
    assert text.startswith("failing 2024-01-02 failed (run ")
    assert text.count("RAWG refuses the key.") == 1
    assert "refuse, refuse_again: RAWG" in text
    assert "break_down: " in text


def test_a_webhook_that_does_not_take_it_is_a_warning_without_its_url(
    instance: dg.DagsterInstance, webhook: str, capfd: pytest.CaptureFixture[str]
) -> None:
    evaluate(instance, failing, "report_failures", f"{webhook}/500")
    assert len(Webhook.received) == 1
    said = capfd.readouterr().err
    assert "ALERT_WEBHOOK_URL did not take the report: HTTPError" in said
    assert TOKEN not in said


def test_without_a_webhook_the_log_has_it(
    instance: dg.DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    evaluate(instance, failing, "report_failures", None)
    assert "RAWG refuses the key." in capfd.readouterr().err


def test_a_day_that_is_late_is_reported(instance: dg.DagsterInstance, webhook: str) -> None:
    job = dg.Definitions(
        asset_checks=[is_late],
        jobs=[dg.define_asset_job("look", selection=dg.AssetSelection.all_asset_checks())],
    ).resolve_job_def("look")
    evaluate(instance, job, "report_lateness", webhook)
    assert Webhook.received == ["games: 2024-01-02 is not there."]


def test_a_run_that_finds_nothing_late_is_passed_over(
    instance: dg.DagsterInstance, webhook: str
) -> None:
    @dg.job
    def fine() -> None:
        pass

    said = evaluate(instance, fine, "report_lateness", webhook)
    assert isinstance(said, dg.SkipReason)
    assert Webhook.received == []


def test_a_webhook_that_is_no_address_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALERT_WEBHOOK_URL", f"file:///{TOKEN}")
    with pytest.raises(UsageError, match="ALERT_WEBHOOK_URL") as refusal:
        load_settings()
    assert TOKEN not in str(refusal.value)
