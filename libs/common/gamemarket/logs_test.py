from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from gamemarket import logs
from gamemarket.logs import Redactor, configure_logging, hide, redact, redact_values


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def former_logging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(logs, "_known", Redactor())
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("spelling", ["k/e y+1&", "k%2Fe%20y%2B1%26", "k%2Fe+y%2B1%26"])
def test_a_secret_is_replaced_in_every_spelling(spelling: str) -> None:
    redactor = Redactor(["k/e y+1&"])
    assert redactor.redact(f"next=http://x?key={spelling}.") == "next=http://x?key=REDACTED."
    assert redactor.redact_bytes(spelling.encode()) == b"REDACTED"


def test_a_secret_that_json_escapes_is_replaced() -> None:
    assert Redactor(['a"b']).redact(json.dumps({"key": 'a"b'})) == '{"key": "REDACTED"}'


def test_a_secret_that_contains_another_is_replaced_whole() -> None:
    assert Redactor(["abc", "abcdef"]).redact("abcdef abc") == "REDACTED REDACTED"


def test_no_secret_changes_nothing() -> None:
    assert Redactor(["", "abc"]).redact_bytes(b"nothing here") == b"nothing here"


@pytest.mark.parametrize("stream_type", [io.StringIO, Terminal])
def test_records_and_tracebacks_are_redacted(stream_type: type[io.StringIO]) -> None:
    stream = stream_type()
    configure_logging(stream)
    hide("canary")
    try:
        raise ValueError("the key is canary")
    except ValueError:
        logging.getLogger("test").exception("failed with %s", "canary")
    assert "canary" not in stream.getvalue()
    assert stream.getvalue().count("REDACTED") == 3  # message, source line, error


def test_a_secret_stays_hidden_when_another_is_learned() -> None:
    hide("first")
    hide("second")
    assert redact("first, second") == "REDACTED, REDACTED"


def test_the_names_of_fields_are_no_secrets() -> None:
    stream = io.StringIO()
    configure_logging(stream)
    hide("message", "reason")
    logging.getLogger("test").warning("a message")
    assert json.loads(stream.getvalue())["message"] == "a REDACTED"
    assert redact_values({"reasons": ("a reason", 1)}) == {"reasons": ["a REDACTED", 1]}


def test_a_secret_can_be_looked_for_behind_its_name_only() -> None:
    redactor = Redactor(["portal"], behind=["key="])
    body = b'{"next": "http://x?key=portal&page=2", "results": [{"slug": "portal"}]}'
    assert redactor.redact_bytes(body) == body.replace(b"key=portal", b"key=REDACTED")


def test_logs_are_json_lines_where_nobody_watches() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    logging.getLogger("test").info("hello")
    line = json.loads(stream.getvalue())
    assert (line["level"], line["logger"], line["message"]) == ("info", "test", "hello")


def test_urls_of_requests_are_not_logged() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    logging.getLogger("httpx").info("GET https://x?key=secret")
    assert stream.getvalue() == ""
