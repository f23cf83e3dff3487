"""Dagster's pages as people see them: a day is run, `orchestrator ui` serves it, Chromium looks."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from demo.scenarios import build_sandbox_endpoints
from gamemarket.endpoints import load_endpoints
from tests.end_to_end.conftest import (
    DAY_ONE,
    MORNING_AFTER_ONE,
    Home,
    kill,
    serve_sandbox,
    stage_command,
)

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# What else keeps a browser quiet (no updates, no sync, no first run) Playwright says itself.
_ONLY_LOOPBACK = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
_WAIT_MILLISECONDS = 60_000  # against a hang, not against a busy machine


@dataclass(frozen=True)
class Pages:
    """Dagster's web server, and the home of the day that it shows."""

    url: str
    home: Home

    def read_manifest(self, endpoint: str) -> dict[str, Any]:
        (manifest,) = (one for one in self.home.manifests() if one["endpoint"] == endpoint)
        return manifest


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium here: install it (Debian: apt-get install chromium)")
    expect.set_options(timeout=_WAIT_MILLISECONDS)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=program,
            args=[_ONLY_LOOPBACK],
            chromium_sandbox=os.getuid() != 0,  # it does not start as root
        ) as browser,
    ):
        yield browser


@pytest.fixture(scope="session")
def pages(browser: Browser) -> Iterator[Pages]:
    """One small day, and the pages of it. After `browser`: without one there is nothing to run."""
    with (
        TemporaryDirectory(prefix="game-market-") as folder,  # the pictures show the path
        serve_sandbox("--now", MORNING_AFTER_ONE, "--games", "300") as sandbox,
    ):
        home, endpoints = Home(Path(folder), sandbox), Path(folder, "endpoints.json")
        small = build_sandbox_endpoints(load_endpoints())
        endpoints.write_text(small.model_dump_json(exclude_unset=True, exclude_none=True))
        settings = {
            "ENDPOINTS_FILE": str(endpoints),
            "REPORTER_COMMAND": shlex.join(stage_command("reporter")),
        }
        day = home.run("orchestrator", "run", "--run-date", DAY_ONE, **settings)
        assert day.returncode == 0, day.stderr
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        server = home.start("orchestrator", "ui", "--port", port, **settings)
        try:
            assert server.stdout and server.stderr
            assert port in server.stdout.readline(), server.stderr.read()
            yield Pages(f"http://127.0.0.1:{port}", home)
        finally:
            kill(server, signal.SIGTERM)


@pytest.fixture
def page(browser: Browser, pages: Pages) -> Iterator[Page]:
    """A tab with nothing remembered; the test fails when JavaScript does."""
    errors: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":  # Dagster has warnings of its own
            errors.append(message.text)

    with browser.new_context(
        base_url=pages.url,
        viewport={"width": 1440, "height": 1000},
        locale="en-US",
        timezone_id="UTC",
    ) as context:
        # Chromium drops what it loads when a network interface comes or goes, as those of tests/stack
        # do beside this: Playwright asks in its place, and Dagster does without subscriptions.
        context.route(f"{pages.url}/**", lambda route: route.fulfill(response=route.fetch()))
        context.route_web_socket("**", lambda socket: socket.close())
        page = context.new_page()
        page.set_default_timeout(_WAIT_MILLISECONDS)
        page.on("console", listen)
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        seen = [*errors]  # not what ends with the page
        context.unroute_all(behavior="ignoreErrors")
    assert seen == []


@pytest.fixture
def take_picture(page: Page, tmp_path: Path) -> Callable[[str], None]:
    """Of all that is seen; for the docs where SCREENSHOTS_FOLDER is set."""
    folder = Path(os.environ.get("SCREENSHOTS_FOLDER") or tmp_path)

    def take(name: str) -> None:
        page.mouse.move(0, 0)  # no tooltip over it, no cursor in it
        page.evaluate("document.activeElement.blur()")
        page.wait_for_load_state("networkidle")  # what only colours tell has come, too
        page.screenshot(path=folder / f"{name}.png", animations="disabled")

    return take


@pytest.fixture
def foreign_page(browser: Browser) -> Iterator[Page]:
    """A page of another origin of this machine, as any web page is to Dagster."""
    with HTTPServer(("127.0.0.1", 0), _EmptyPage) as server, browser.new_context() as context:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        yield page
        server.shutdown()
        serving.join()


class _EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Nothing."""
