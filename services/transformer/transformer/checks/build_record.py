"""The record of a build: every check it made, kept in the warehouse however the build ends."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gamemarket.errors import GameMarketError
from transformer.checks.checks import Check
from transformer.checks.quality_store import keep_checks
from transformer.dbt_runner.dbt_results import TestResult
from transformer.warehouse.warehouse import Warehouse

__all__ = ["BuildRecord", "keep_record", "sample_failures"]

_log = logging.getLogger(__name__)

# Failing rows shown per test; the query that shows all stands in the compiled file.
_ROWS_SHOWN: Final = 3
_LONGEST_MESSAGE: Final = 500


@dataclass
class BuildRecord:
    """What one build has looked at so far, and the id that it published under."""

    checks: list[Check] = field(default_factory=list)
    build_id: str | None = None

    def add(self, checks: Iterable[Check]) -> None:
        """Adds checks; warnings go to the log as well."""
        for check in checks:
            self.checks.append(check)
            if check.status in ("warn", "fail"):
                _log.warning("%s %s: %s", check.model, check.test, check.message)


@contextmanager
def keep_record(warehouse: Warehouse, started_at: datetime) -> Iterator[BuildRecord]:
    """Keeps the checks that the block adds, and one of the build itself with its error."""
    record = BuildRecord()
    try:
        yield record
    except GameMarketError as error:
        record.checks.append(Check("build", "", "error", "fail", 0, str(error)))
        try:
            _keep(warehouse, started_at, record)
        except GameMarketError as trouble:
            _log.warning("the results of this build could not be kept: %s", trouble)
        raise
    warnings = sum(check.status == "warn" for check in record.checks)
    if warnings:
        _log.warning("%d warning(s): `transformer quality` shows them all", warnings)
    published = f"published {record.build_id}" if record.build_id else "nothing published"
    record.checks.append(Check("build", "", "error", "pass", 0, published))
    _keep(warehouse, started_at, record)


def _keep(warehouse: Warehouse, started_at: datetime, record: BuildRecord) -> None:
    with warehouse.session() as db:
        keep_checks(db, started_at, record.build_id, record.checks)


def sample_failures(warehouse: Warehouse, tests: Sequence[TestResult]) -> dict[str, str]:
    """Some failing rows of each test that ran and complained, as text, by the test's name."""
    complaining = [test for test in tests if test.status in ("fail", "warn") and test.sql]
    if not complaining:
        return {}
    with warehouse.session() as db:
        return {
            test.name: _describe(
                db.ask(f"select * from (\n{test.sql}\n) as failing limit {_ROWS_SHOWN}"),
                test.failures,
            )
            for test in complaining
        }


def _describe(rows: Sequence[tuple[object, ...]], failures: int) -> str:
    shown = "; ".join(", ".join(map(str, row)) for row in rows)
    more = f"; and {failures - len(rows)} more" if failures > len(rows) else ""
    return shown[:_LONGEST_MESSAGE] + more
