from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from datetime import date

import click
import pytest

from gamemarket.errors import ExitCode, KeyRefusedError
from gamemarket.run_summary import RunSummary
from gamemarket.stage import Reporter, run_stage


@pytest.fixture(autouse=True)
def former_process_state() -> Iterator[None]:
    root, handler = logging.getLogger(), signal.getsignal(signal.SIGTERM)
    handlers = root.handlers[:]
    yield
    root.handlers[:] = handlers
    signal.signal(signal.SIGTERM, handler)


@click.command()
@click.argument("how")
@click.pass_obj
def command(reporter: Reporter, how: str) -> ExitCode:
    if how == "refused":
        raise KeyRefusedError("The API refused the key.")
    if how == "terminated":
        signal.raise_signal(signal.SIGTERM)
    if how == "interrupted":
        signal.raise_signal(signal.SIGINT)
    if how == "defect":
        raise ZeroDivisionError
    if how == "incomplete":
        whole = RunSummary(endpoint="genres", run_date=date(2024, 1, 1), state="committed")
        lacking = {"endpoint": "games", "exit_code": ExitCode.DATA, "reasons": ("drifted",)}
        reporter.summarize([whole, whole.model_copy(update=lacking)])
        return ExitCode.DATA
    return ExitCode.DONE


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("fine", 0),
        ("incomplete", 65),
        ("refused", 77),
        ("terminated", 143),
        ("interrupted", 130),
        ("defect", 70),
    ],
)
def test_a_stage_ends_with_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, how: str, code: int
) -> None:
    monkeypatch.setattr("sys.argv", ["stage", how])
    with pytest.raises(SystemExit) as ended:
        run_stage(command, "stage", grace_seconds=None)
    assert ended.value.code == code


def test_a_wrong_argument_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["stage", "fine", "--colour"])
    with pytest.raises(SystemExit) as ended:
        run_stage(command, "stage", grace_seconds=None)
    assert ended.value.code == 64
    assert "--colour" in capsys.readouterr().err


def test_a_foreseen_error_is_one_sentence_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["stage", "refused"])
    with pytest.raises(SystemExit):
        run_stage(command, "stage", grace_seconds=None)
    assert capsys.readouterr().err == "stage: The API refused the key.\n"


def test_a_stage_that_returns_a_code_ends_with_a_sentence_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["stage", "incomplete"])
    with pytest.raises(SystemExit):
        run_stage(command, "stage")
    assert capsys.readouterr().err == "stage: games 2024-01-01: drifted\n"
