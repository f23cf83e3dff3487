"""What a stage says of its work: one model for the terminal, for JSON lines and for Dagster."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from typing import Literal, TextIO

from pydantic import BaseModel, ConfigDict
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from gamemarket.errors import ExitCode

# done: committed before this run; not_due: nothing to do today; open: progress kept, not committed.
RunState = Literal["committed", "done", "not_due", "open", "failed"]


class RunSummary(BaseModel):
    """One endpoint on one run date (extractor), or one model (transformer: endpoint = its name)."""

    model_config = ConfigDict(frozen=True)

    endpoint: str
    run_date: date | None = None
    state: RunState
    exit_code: ExitCode = ExitCode.DONE
    generation: int = 0
    pages: int = 0
    rows: int = 0
    requests: int = 0
    reasons: tuple[str, ...] = ()


def print_summaries(
    summaries: Sequence[RunSummary], title: str, stream: TextIO | None = None
) -> None:
    """Writes a table on a terminal, a JSON line a summary elsewhere, to standard output."""
    stream = stream or sys.stdout
    if not stream.isatty():
        for summary in summaries:
            stream.write(summary.model_dump_json() + "\n")
        stream.flush()
        return
    table = Table(
        title=title, title_justify="left", show_footer=len(summaries) > 1, box=SIMPLE_HEAD
    )
    totals = {name: sum(getattr(s, name) for s in summaries) for name in _COUNTS}
    table.add_column("endpoint", footer="together", no_wrap=True)
    table.add_column("run date", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("gen.", justify="right", no_wrap=True)
    for name in _COUNTS:
        table.add_column(name, justify="right", footer=f"{totals[name]:,}", no_wrap=True)
    table.add_column("reasons", overflow="fold")
    for summary in summaries:
        table.add_row(*_cells(summary))
    Console(file=stream).print(table)


_COUNTS = ("pages", "rows", "requests")
_STATE_STYLES = {"failed": "red", "open": "yellow", "committed": "green"}


def _cells(summary: RunSummary) -> list[str]:
    style = _STATE_STYLES.get(summary.state)
    return [
        summary.endpoint,
        str(summary.run_date or ""),
        f"[{style}]{summary.state}[/]" if style else summary.state,
        str(summary.generation or ""),
        *(f"{getattr(summary, name):,}" for name in _COUNTS),
        ", ".join(summary.reasons),
    ]
