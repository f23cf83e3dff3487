from __future__ import annotations

from datetime import date

from click.testing import CliRunner

from gamemarket.errors import UsageError
from gamemarket.run_summary import RunSummary
from orchestrator.cli import keep_latest, orchestrator


def test_the_last_word_on_a_model_counts_and_every_partition_stays() -> None:
    games = [
        RunSummary(endpoint="games", run_date=date(2024, 1, day), state="committed", rows=day)
        for day in (1, 2)
    ]
    models = [RunSummary(endpoint="dim_games", state="committed", rows=rows) for rows in (1, 3)]
    everything = [games[0], models[0], games[1], models[1]]
    assert keep_latest(everything) == [games[0], games[1], models[1]]


def test_a_bad_date_is_refused_before_dagster_is_started() -> None:
    result = CliRunner().invoke(orchestrator, ["run", "--run-date", "yesterday"])
    assert isinstance(result.exception, UsageError)
    assert "is not a run date" in str(result.exception)


def test_a_backfill_that_ends_before_it_begins_is_refused() -> None:
    args = ["backfill", "--from", "2024-01-02", "--to", "2024-01-01"]
    result = CliRunner().invoke(orchestrator, args)
    assert isinstance(result.exception, UsageError)
