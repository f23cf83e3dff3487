"""What a stage says of its work: one model for the terminal, for JSON lines and for Dagster."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, TextIO

from pydantic import BaseModel, ConfigDict
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from gamemarket.errors import ExitCode
from gamemarket.logs import redact, redact_values

# done: committed before this run; not_due: nothing to do today; open: progress kept, not committed;
# given_up: the same, of a list that can't be gone on with; not_tried: the run ended before it.
RunState = Literal[
    "committed",
    "done",
    "not_due",
    "open",
    "given_up",
    "not_tried",
    "failed",
    "verified",
    "damaged",
]


class RunSummary(BaseModel):
    """One endpoint on one run date, one model (endpoint = its name), or one report (= its key)."""

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


_SUMMARY_COLUMNS = (
    "endpoint",
    "run_date",
    "state",
    "generation",
    "pages",
    "rows",
    "requests",
    "reasons",
)
_SUMMED = frozenset({"pages", "rows", "requests", "a_day", "bytes", "minutes"})
_STATE_STYLES = {
    "committed": "green",
    "verified": "green",
    "open": "yellow",
    "not_tried": "yellow",
    "failed": "red",
    "damaged": "red",
}


def print_summaries(
    summaries: Sequence[RunSummary], title: str, stream: TextIO | None = None
) -> None:
    """Writes a table on a terminal, a JSON line a summary elsewhere, to standard output."""
    print_records(summaries, _SUMMARY_COLUMNS, title, stream)


def print_records(
    records: Sequence[BaseModel], columns: Sequence[str], title: str, stream: TextIO | None = None
) -> None:
    """The same for any records: `columns` are the fields that the table shows."""
    stream = stream or sys.stdout
    if stream.isatty():
        Console(file=stream).print(_build_table(records, columns, title))
        return
    for record in records:
        line = redact_values(record.model_dump(mode="json"))
        stream.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    stream.flush()


def _build_table(records: Sequence[BaseModel], columns: Sequence[str], title: str) -> Table:
    has_sums = len(records) > 1 and not _SUMMED.isdisjoint(columns)
    table = Table(
        title=title,
        title_justify="left",
        show_footer=has_sums,
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
    )
    for name in columns:
        values = [getattr(record, name) for record in records]
        is_number = bool(values) and all(isinstance(value, int | float) for value in values)
        footer = _cell(name, sum(values)) if is_number and name in _SUMMED else ""
        table.add_column(
            name.replace("_", " ").replace("generation", "gen."),
            footer="together" if name == columns[0] else footer,
            justify="right" if is_number else "left",
            no_wrap=name not in ("reasons", "because"),
            overflow="fold",
        )
    for record in records:
        table.add_row(*(_cell(name, getattr(record, name)) for name in columns))
    return table


def _cell(name: str, value: Any) -> str:  # noqa: ANN401 - any field of any record
    if value is None:
        return ""
    if isinstance(value, tuple):
        return redact(", ".join(value))
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, int):
        return f"{value:,}"
    style = _STATE_STYLES.get(value) if name == "state" else None
    return f"[{style}]{value}[/]" if style else redact(str(value))
