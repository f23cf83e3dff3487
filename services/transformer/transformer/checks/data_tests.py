"""Asks the data tests: one query for all tests of a model, so that each costs what it asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Final

from transformer.checks.checks import Check, CheckStatus, Severity
from transformer.dbt_runner.data_tests import DataTest
from transformer.dbt_runner.dbt_results import ModelResult, one_line
from transformer.warehouse.lake_tables import Database
from transformer.warehouse.warehouse import Warehouse

__all__ = ["name_query_file", "run_data_tests"]

# Failing rows shown per test; the file of its query shows all.
_ROWS_SHOWN: Final = 3
_LONGEST_MESSAGE: Final = 500
# Names of files: most systems take 255 bytes.
_LONGEST_NAME: Final = 200


def run_data_tests(
    warehouse: Warehouse,
    tests: Sequence[DataTest],
    models: Iterable[ModelResult],
    folder: Path,
    *,
    some_only: bool = False,
) -> list[Check]:
    """Asks every test whose models are there as they should be; the others are `skipped`.

    With `some_only` tests of models that were not built are left out. A complaint shows some of its rows; the
    query that shows them all is written to `folder`, for people.
    """
    sound = {model.name: not model.is_unsound for model in models}
    if some_only:
        tests = [test for test in tests if test.parents and test.parents <= sound.keys()]
    asked: list[DataTest] = []
    skipped: list[Check] = []
    for test in sorted(tests, key=_model_of):
        if all(sound.get(name, True) for name in test.parents):
            asked.append(test)
        else:
            skipped.append(_answer(test, "skipped"))
    with warehouse.session() as db:
        answers = [
            answer for _, alike in groupby(asked, _model_of) for answer in _ask(db, list(alike))
        ]
        return skipped + [
            answer if answer.status == "pass" else _with_rows(db, test, answer, folder)
            for test, answer in zip(asked, answers, strict=True)
        ]


def name_query_file(folder: Path, test: str) -> Path:
    """Where the query of a test that complains is written to."""
    return folder / f"{test[:_LONGEST_NAME]}.sql"


def _model_of(test: DataTest) -> str:
    return test.model


def _answer(test: DataTest, status: CheckStatus, failures: int = 0, message: str = "") -> Check:
    severity: Severity = "error" if test.is_error else "warn"
    return Check(test.name, test.model, severity, status, failures, message)


def _ask(db: Database, tests: Sequence[DataTest]) -> Iterator[Check]:
    """All at once; where that can't be, one by one, to say which of them can't."""
    counts = (
        f"select {number}, count(*) from (\n{test.sql}\n) as failing"
        for number, test in enumerate(tests)
    )
    try:
        counted = dict(db.ask("\nunion all\n".join(counts)))
    except db.Error as error:
        if len(tests) == 1:
            yield _answer(tests[0], "error", 0, one_line(str(error)))
            return
        for test in tests:
            yield from _ask(db, [test])
        return
    for number, test in enumerate(tests):
        failures = int(counted[number])
        complaint: CheckStatus = "fail" if test.is_error else "warn"
        yield _answer(test, complaint if failures else "pass", failures)


def _with_rows(db: Database, test: DataTest, answer: Check, folder: Path) -> Check:
    folder.mkdir(parents=True, exist_ok=True)
    name_query_file(folder, test.name).write_text(test.sql)
    if not answer.failures:  # it could not run
        return answer
    # The same rows whenever it is asked.
    rows = db.ask(f"select * from (\n{test.sql}\n) as failing order by 1 limit {_ROWS_SHOWN}")
    shown = "; ".join(", ".join(map(str, row)) for row in rows)[:_LONGEST_MESSAGE]
    more = answer.failures - len(rows)
    return replace(answer, message=shown + (f"; and {more} more" if more > 0 else ""))
