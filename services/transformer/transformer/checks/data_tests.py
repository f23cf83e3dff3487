"""Asks the data tests: one query for all tests of a model, so that each costs what it asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from transformer.dbt_runner.data_tests import DataTest
from transformer.dbt_runner.dbt_results import ModelResult, TestResult
from transformer.warehouse.lake_tables import Database
from transformer.warehouse.warehouse import Warehouse

__all__ = ["run_data_tests"]

# Names of files: most systems take 255 bytes.
_LONGEST_NAME: Final = 200


def run_data_tests(
    warehouse: Warehouse,
    tests: Sequence[DataTest],
    models: Sequence[ModelResult],
    folder: Path,
    *,
    some_only: bool,
) -> tuple[TestResult, ...]:
    """Asks every test whose models are there as they should be; the others are `skipped`.

    With `some_only` tests of models that were not built are left out. The query of a test that complains is
    written to `folder`, for people.
    """
    unsound = {model.name for model in models if model.is_unsound}
    if some_only:
        built = {model.name for model in models}
        tests = [test for test in tests if test.parents and test.parents <= built]
    sound = [test for test in tests if not test.parents & unsound]
    results = [
        TestResult(test.name, test.model, "skipped", test.is_error, 0, "", "", test.sql)
        for test in tests
        if test.parents & unsound
    ]
    with warehouse.session() as db:
        for _, alike in groupby(sorted(sound, key=_model_of), key=_model_of):
            results += _ask(db, list(alike))
    return tuple(_with_file(result, folder) for result in results)


def _model_of(test: DataTest) -> str:
    return test.model


def _ask(db: Database, tests: Sequence[DataTest]) -> Iterator[TestResult]:
    """All at once; where that can't be, one by one, to say which of them can't."""
    counts = (
        f"select {number}, count(*) from (\n{test.sql}\n) as failing"
        for number, test in enumerate(tests)
    )
    try:
        counted = dict(db.ask("\nunion all\n".join(counts)))
    except db.Error as error:
        if len(tests) == 1:
            (test,) = tests
            yield TestResult(
                test.name, test.model, "error", test.is_error, 0, str(error), "", test.sql
            )
            return
        for test in tests:
            yield from _ask(db, [test])
        return
    for number, test in enumerate(tests):
        asked = TestResult(test.name, test.model, "pass", test.is_error, 0, "", "", test.sql)
        yield asked.with_failures(int(counted[number]))


def _with_file(result: TestResult, folder: Path) -> TestResult:
    if result.passed or result.status == "skipped":
        return result
    folder.mkdir(parents=True, exist_ok=True)
    return result.with_file(folder / f"{result.name[:_LONGEST_NAME]}.sql")
