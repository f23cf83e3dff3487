from __future__ import annotations

import io
from datetime import date

from gamemarket.errors import ExitCode
from gamemarket.run_summary import RunSummary, print_summaries

SUMMARIES = [
    RunSummary(
        endpoint="games", run_date=date(2024, 1, 1), state="committed", generation=1, rows=300
    ),
    RunSummary(
        endpoint="tags", state="failed", exit_code=ExitCode.UNAVAILABLE, reasons=("no answer",)
    ),
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_a_summary_is_a_json_line_that_reads_back() -> None:
    stream = io.StringIO()
    print_summaries(SUMMARIES, "done", stream)
    lines = stream.getvalue().splitlines()
    assert [RunSummary.model_validate_json(line) for line in lines] == SUMMARIES


def test_a_terminal_gets_a_table_with_sums() -> None:
    stream = Terminal()
    print_summaries([SUMMARIES[0], SUMMARIES[0]], "Extracted", stream)
    text = stream.getvalue()
    assert "Extracted" in text
    assert "600" in text
