"""What a person sees of a run without a server: a line for each stage that ends, a pulse between.

Lines go to standard error (standard output is for the closing table or its JSON lines). While a
stage runs its elapsed time and the last line of its log are shown, as a spinner on a terminal and
every `PULSE_SECONDS` elsewhere: no silent minute.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.markup import escape

from gamemarket.errors import ExitCode
from gamemarket.run_summary import RunSummary
from orchestrator.stages.stage_report import StageReport

__all__ = ["RunProgress", "describe_report", "read_last_line"]

PULSE_SECONDS = 10.0
_SPINNER_SECONDS = 0.5
# A log line is far shorter; more of the file is not needed to find its last one.
_TAIL_BYTES = 4096
_TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class RunProgress:
    """Watches the stages of a run and keeps what they report."""

    def __init__(self, console: Console | None = None) -> None:
        """Writes to standard error unless told otherwise."""
        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self.reports: list[StageReport] = []
        self._pulse: _Pulse | None = None

    def say(self, text: str) -> None:
        """One line."""
        self.console.print(escape(text))

    @contextmanager
    def doing(self, title: str, log_file: Path | None = None) -> Iterator[None]:
        """Shows that `title` is being done while the block runs."""
        pulse = _Pulse(self.console, title, log_file)
        try:
            yield
        finally:
            pulse.stop()

    def started(self, title: str, log_file: Path | None) -> None:
        """A stage begins."""
        self.stop()
        self._pulse = _Pulse(self.console, title, log_file)

    def ended(self, title: str, report: StageReport) -> None:
        """A stage has ended: its line, in the colour of its end."""
        elapsed = self.stop()
        self.reports.append(report)
        style = _style(report.exit_code)
        text = f"  {title:<20} {describe_report(report):<48} {elapsed.total_seconds():6.1f} s"
        self.console.print(f"[{style}]{escape(text)}[/]")
        self.wait()

    def wait(self) -> None:
        """The next stage's turn is waited for: short, unless another run holds what it needs."""
        self._pulse = _Pulse(self.console, "the next stage waits for its turn", None)

    def stop(self) -> timedelta:
        """Ends the pulse, if there is one; how long it took."""
        pulse, self._pulse = self._pulse, None
        return pulse.stop() if pulse else timedelta(0)


def describe_report(report: StageReport) -> str:
    """One line: what a stage did, in figures, or why not."""
    figures = _describe_summaries(report.summaries)
    if report.exit_code == ExitCode.DONE:
        return figures or "done"
    if report.exit_code == ExitCode.STOPPED_EARLY:
        return f"{figures}; stopped early: {report.sentence}"
    committed = any(summary.state == "committed" for summary in report.summaries)
    failure = f"failed ({report.exit_code:d}): {report.sentence}"
    return f"{figures}; {failure}" if committed else failure


def _describe_summaries(summaries: tuple[RunSummary, ...]) -> str:
    rows = sum(summary.rows for summary in summaries)
    partitions = [summary for summary in summaries if summary.run_date]
    if not partitions:  # models, or the one page of a report
        models = [summary for summary in summaries if not summary.pages]
        return f"{_count(len(models), 'model')}, {_count(rows, 'row')}" if models else ""
    states = ", ".join(sorted({summary.state.replace("_", " ") for summary in partitions}))
    if states == "not due":
        return states
    pages = sum(summary.pages for summary in partitions)
    requests = sum(summary.requests for summary in partitions)
    figures = (_count(pages, "page"), _count(rows, "row"), _count(requests, "request"))
    return f"{states}: {', '.join(figures)}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _style(exit_code: ExitCode) -> str:
    if exit_code == ExitCode.DONE:
        return "green"
    return "yellow" if exit_code == ExitCode.STOPPED_EARLY else "red"


def read_last_line(log_file: Path | None) -> str:
    """The last line of a stage's log as a person reads it; nothing when there is none yet."""
    if log_file is None or not log_file.is_file():
        return ""
    with log_file.open("rb") as log:
        log.seek(max(0, log_file.stat().st_size - _TAIL_BYTES))
        text = log.read().decode(errors="replace")
    lines = [line for line in _TERMINAL_CODES.sub("", text).splitlines() if line.strip()]
    return _message(lines[-1]).strip() if lines else ""


def _message(line: str) -> str:
    try:
        record = json.loads(line)
    except ValueError:
        return line
    return str(record.get("message", "")) if isinstance(record, dict) else line


class _Pulse:
    """Shows the elapsed time and the last log line until it is stopped."""

    def __init__(self, console: Console, title: str, log_file: Path | None) -> None:
        self._console, self._title, self._log_file = console, title, log_file
        self._begun = monotonic()
        self._stopped = threading.Event()
        self._status = console.status(escape(title)) if console.is_terminal else None
        if self._status:
            self._status.start()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()

    def stop(self) -> timedelta:
        self._stopped.set()
        self._thread.join()
        if self._status:
            self._status.stop()
        return timedelta(seconds=monotonic() - self._begun)

    def _beat(self) -> None:
        while not self._stopped.wait(_SPINNER_SECONDS if self._status else PULSE_SECONDS):
            elapsed = f"{monotonic() - self._begun:.0f} s"
            text = escape(f"{self._title}: {elapsed} {read_last_line(self._log_file)}"[:150])
            if self._status:
                self._status.update(text)
            else:
                self._console.print(f"  {text}")
