"""The results of builds: every check of every build, also of those that failed, in `lake.test_results`.

One row of each build is the build itself, with the error that ended it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from gamemarket.build_quality import BuildRun
from gamemarket.errors import GameMarketError
from transformer.checks.checks import Check
from transformer.checks.kept_table import KeptTable
from transformer.warehouse.lake_tables import Database
from transformer.warehouse.warehouse import Warehouse

__all__ = ["BuildRecord", "CheckRecord", "RunRecord", "keep_record", "read_checks", "read_runs"]

_log = logging.getLogger(__name__)

_RESULTS: Final = KeptTable(
    "lake.test_results",
    {
        "run_number": "bigint",
        "started_at": "timestamp",
        "build_id": "varchar",
        "test": "varchar",
        "model": "varchar",
        "severity": "varchar",
        "status": "varchar",
        "failures": "bigint",
        "message": "varchar",
    },
)
_LATEST: Final = (
    "where run_number > (select coalesce(max(run_number), 0) from lake.test_results) - ?"
)
_RUNS: Final = f"""
select
    min(started_at),
    case
        when max(case when test = 'build' then status end) <> 'pass' then 'failed'
        when max(build_id) is null then 'passed'
        else 'published'
    end,
    count(case when test <> 'build' and status = 'pass' then 1 end),
    count(case when test <> 'build' and status = 'warn' then 1 end),
    count(case when test <> 'build' and status in ('fail', 'error') then 1 end),
    run_number,
    max(build_id),
    max(case when test = 'build' then message end)
from lake.test_results
{_LATEST}
group by run_number
order by run_number desc
"""


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


class CheckRecord(BaseModel):
    """One check of one run; `build_id` is None when the run published nothing."""

    model_config = ConfigDict(frozen=True)

    run_number: int
    started_at: datetime
    build_id: str | None
    test: str
    model: str
    severity: str
    status: str
    failures: int
    message: str


class RunRecord(BuildRun):
    """One run, also one that failed or published nothing; `outcome` says so."""

    run: int
    build_id: str | None
    outcome: str


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
    moment = started_at.astimezone(UTC).replace(tzinfo=None)
    with warehouse.session() as db:
        number = max((run.run for run in read_runs(db, 1)), default=0) + 1
        rows = [(number, moment, record.build_id, *astuple(check)) for check in record.checks]
        _RESULTS.add(db, rows)


def read_checks(db: Database, runs: int) -> list[CheckRecord]:
    """The checks of the latest `runs` runs, newest first."""
    rows = _RESULTS.read(
        db, f"{_LATEST} order by run_number desc, status, model, test, message", [runs]
    )
    names = list(CheckRecord.model_fields)
    return [CheckRecord.model_validate(dict(zip(names, row, strict=True))) for row in rows]


def read_runs(db: Database, runs: int) -> list[RunRecord]:
    """The latest `runs` runs, newest first; a check that could not run has failed."""
    _RESULTS.create(db)
    names = list(RunRecord.model_fields)
    rows = db.ask(_RUNS, [runs])
    return [RunRecord.model_validate(dict(zip(names, row, strict=True))) for row in rows]
