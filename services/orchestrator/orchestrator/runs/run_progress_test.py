from __future__ import annotations

import time
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from gamemarket.errors import ExitCode
from gamemarket.run_summary import RunSummary
from orchestrator.runs import run_progress
from orchestrator.runs.run_progress import RunProgress, describe_report, read_last_line
from orchestrator.stages.stage_report import StageReport

GAMES = RunSummary(
    endpoint="games", run_date="2024-01-01", state="committed", pages=1, rows=1200, requests=3
)
MODELS = tuple(
    RunSummary(endpoint=name, state="committed", rows=5) for name in ("dim_games", "dim_genres")
)


@pytest.mark.parametrize(
    ("code", "summaries", "message", "line"),
    [
        (0, (GAMES,), "", "committed: 1 page, 1,200 rows, 3 requests"),
        (0, (GAMES.model_copy(update={"state": "not_due"}),), "", "not due"),
        (0, MODELS, "", "2 models, 10 rows"),
        (0, (), "", "done"),
        (65, MODELS, "A test failed.", "2 models, 10 rows; failed (65): A test failed."),
        (
            75,
            (GAMES.model_copy(update={"state": "open"}),),
            "The quota is spent.",
            "open: 1 page, 1,200 rows, 3 requests; stopped early: The quota is spent.",
        ),
        (77, (), "The key is refused.", "failed (77): The key is refused."),
    ],
)
def test_a_report_is_one_line(
    code: int, summaries: tuple[RunSummary, ...], message: str, line: str
) -> None:
    report = StageReport(exit_code=ExitCode(code), summaries=summaries, message=message)
    assert describe_report(report) == line


def test_a_line_is_printed_for_each_stage_that_ends() -> None:
    printed = StringIO()
    progress = RunProgress(Console(file=printed, width=200))
    progress.started("raw_games", None)
    progress.ended("raw_games", StageReport(exit_code=ExitCode.DONE, summaries=(GAMES,)))
    assert "raw_games            committed: 1 page, 1,200 rows" in printed.getvalue()
    assert len(progress.reports) == 1
    progress.stop()


def test_a_stage_that_has_to_wait_for_its_turn_is_no_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run_progress, "PULSE_SECONDS", 0.01)
    printed = StringIO()
    progress = RunProgress(Console(file=printed, width=200))
    progress.started("raw_games", None)
    progress.ended("raw_games", StageReport(exit_code=ExitCode.DONE))
    while "waits for its turn" not in printed.getvalue():
        time.sleep(0.01)
    progress.stop()


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ('first\n{"level": "info", "message": "12 of 40 pages"}\n', "12 of 40 pages"),
        ("\x1b[32mgreen\x1b[0m\n\n", "green"),
        ("", ""),
        ("[1, 2]\n", "[1, 2]"),
    ],
)
def test_the_last_line_of_a_log_is_read_as_a_person_would(
    tmp_path: Path, log: str, line: str
) -> None:
    (tmp_path / "log").write_text(log)
    assert read_last_line(tmp_path / "log") == line


def test_a_log_that_is_not_there_yet_has_no_line(tmp_path: Path) -> None:
    assert read_last_line(tmp_path / "log") == ""
