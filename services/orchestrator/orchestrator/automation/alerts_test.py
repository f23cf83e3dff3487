from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest
from pydantic import SecretStr

from gamemarket.errors import UsageError
from gamemarket.settings import load_settings
from orchestrator.automation import alerts
from orchestrator.automation.alerts import build_sensors
from orchestrator.automation.freshness import IS_FRESH
from orchestrator.automation.webhook import WebhookError, post_text

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")

TOKEN = "b7e1f0"


class Webhook(BaseHTTPRequestHandler):
    """Takes what is posted; a path that ends with a number is answered by it."""

    received: list[str] = []  # noqa: RUF012 - the handler is made anew for each request

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append(json.loads(body)["text"])
        self._answer()

    def do_GET(self) -> None:
        self.received.append("a sign of life")
        self._answer()

    def _answer(self) -> None:
        last = self.path.rpartition("/")[2]
        self.send_response(int(last) if last.isdecimal() else 200)
        self.send_header("Location", "/login")
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


def run_job(instance: dg.DagsterInstance, job: dg.JobDefinition) -> dg.DagsterRun:
    return job.execute_in_process(instance=instance, raise_on_error=False).dagster_run


@dataclass
class Daemon:
    """Evaluates a sensor as Dagster's daemon does: with the cursor that it left."""

    instance: dg.DagsterInstance
    cursor: str | None = None

    def tick(self, webhook: str | None, name: str = "alerts") -> str:
        secret = SecretStr(webhook) if webhook else None
        [sensor] = [sensor for sensor in build_sensors(secret, secret) if sensor.name == name]
        with dg.build_sensor_context(instance=self.instance, cursor=self.cursor) as context:
            said = sensor(context)
            self.cursor = context.cursor
        assert isinstance(said, dg.SkipReason)
        return str(said.skip_message)


@pytest.fixture
def daemon(instance: dg.DagsterInstance) -> Daemon:
    """It has looked once, before anything was run."""
    found = Daemon(instance)
    found.tick(None)
    return found


def test_a_failed_run_is_reported_with_its_day_and_each_sentence_once(
    daemon: Daemon, webhook: str
) -> None:
    run_job(daemon.instance, failing)
    daemon.tick(webhook)
    [text] = Webhook.received
    assert text.startswith("failing 2024-01-02 failed (run ")
    assert text.count("RAWG refuses the key.") == 1
    assert "refuse, refuse_again: RAWG" in text
    assert "break_down: " in text


def test_what_a_webhook_does_not_take_is_sent_again_until_it_does_and_then_no_more(
    daemon: Daemon, webhook: str
) -> None:
    for _ in range(2):
        run_job(daemon.instance, failing)
    for _ in range(2):
        said = daemon.tick(f"{webhook}/500")
        assert "ALERT_WEBHOOK_URL: status 500" in said
        assert TOKEN not in said
    assert len(set(Webhook.received)) == 1
    Webhook.received.clear()
    daemon.tick(webhook)
    daemon.tick(webhook)
    assert len(Webhook.received) == len(set(Webhook.received)) == 2


def test_what_nobody_takes_for_a_day_holds_back_nothing(
    daemon: Daemon, webhook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_job(daemon.instance, failing)
    monkeypatch.setattr(alerts, "_GIVE_UP_SECONDS", 0)
    daemon.tick(f"{webhook}/500")
    Webhook.received.clear()
    daemon.tick(webhook)
    assert Webhook.received == []


def test_a_tag_that_is_put_on_a_run_later_reports_nothing_again(
    daemon: Daemon, webhook: str
) -> None:
    run = run_job(daemon.instance, failing)
    daemon.tick(webhook)
    daemon.instance.add_run_tags(run.run_id, {"seen": "yes"})
    daemon.tick(webhook)
    assert len(Webhook.received) == 1


def test_what_failed_before_there_were_alerts_is_not_reported(
    instance: dg.DagsterInstance, webhook: str
) -> None:
    run_job(instance, failing)
    Daemon(instance).tick(webhook)
    assert Webhook.received == []


def test_without_a_webhook_the_log_has_it(
    daemon: Daemon, capfd: pytest.CaptureFixture[str]
) -> None:
    run_job(daemon.instance, failing)
    daemon.tick(None)
    assert "RAWG refuses the key." in capfd.readouterr().err


def test_a_day_that_is_late_is_reported(daemon: Daemon, webhook: str) -> None:
    job = dg.Definitions(
        asset_checks=[is_late],
        jobs=[dg.define_asset_job("look", selection=dg.AssetSelection.all_asset_checks())],
    ).resolve_job_def("look")
    run_job(daemon.instance, job)
    daemon.tick(webhook)
    assert Webhook.received == ["games: 2024-01-02 is not there."]


def test_a_run_that_finds_nothing_late_is_passed_over(daemon: Daemon, webhook: str) -> None:
    @dg.job
    def fine() -> None:
        pass

    run_job(daemon.instance, fine)
    daemon.tick(webhook)
    assert Webhook.received == []


def test_a_sign_of_life_is_given_and_a_refusal_is_no_error(
    instance: dg.DagsterInstance, webhook: str, capfd: pytest.CaptureFixture[str]
) -> None:
    Daemon(instance).tick(webhook, "heartbeat")
    assert Webhook.received == ["a sign of life"]
    Daemon(instance).tick(f"{webhook}/500", "heartbeat")
    said = capfd.readouterr().err
    assert "HEARTBEAT_URL did not take the sign of life: status 500" in said
    assert TOKEN not in said


@pytest.mark.parametrize(
    "address", ["{}/302", "http://127.0.0.1:1", "http://[::1", "http://a\u00e4 b/"]
)
@pytest.mark.parametrize("proxy", [None, "socks5://127.0.0.1:1", "http://[::1", "no address"])
def test_whatever_is_wrong_with_an_address_or_a_proxy_is_no_defect_and_no_success(
    webhook: str, address: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if proxy:
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.setenv("no_proxy", "[::1],::1")
    with pytest.raises(WebhookError) as refusal:
        post_text("it failed", SecretStr(address.format(webhook)))
    assert "127.0.0.1" not in str(refusal.value)


@pytest.mark.parametrize("name", ["ALERT_WEBHOOK_URL", "HEARTBEAT_URL"])
@pytest.mark.parametrize(
    "address",
    ["file:///{}", "{}", "https://", "https://host:{}/", "https://ho st/{}", "http://[{}"],
)
def test_what_is_no_address_is_refused_without_being_shown(
    name: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, address.format(TOKEN))
    with pytest.raises(UsageError, match=name) as refusal:
        load_settings()
    assert TOKEN not in str(refusal.value)
