"""How each endpoint is read, and what of it is due: `lake.endpoints`, which the lake's tests ask."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from gamemarket.endpoints import Endpoint
from transformer.checks.kept_table import KeptTable
from transformer.warehouse.lake_tables import Database

__all__ = ["find_due_run_date", "write_endpoints"]

_ENDPOINTS: Final = KeptTable(
    "lake.endpoints",
    {
        "source_system": "varchar",
        "endpoint": "varchar",
        "kind": "varchar",
        "min_coverage": "double",
        "page_limit": "bigint",
        "due_run_date": "date",
    },
)
# A day of grace: a run in the morning brings the day before.
_GRACE: Final = timedelta(days=1)


def write_endpoints(db: Database, endpoints: Iterable[Endpoint], newest_day: date) -> None:
    """Replaces the table."""
    rows = [
        (
            endpoint.source,
            endpoint.name,
            endpoint.kind,
            endpoint.min_coverage,
            endpoint.page_limit,
            find_due_run_date(endpoint, newest_day),
        )
        for endpoint in endpoints
    ]
    _ENDPOINTS.replace(db, rows)


def find_due_run_date(endpoint: Endpoint, newest_day: date) -> date:
    """A partition of this day or a later one should be there; `newest_day` is the last that is over."""
    # Between two partitions, beside the day itself; a detail's `refresh_days` are of one item.
    interval = (endpoint.refresh_days or 0) if endpoint.is_due_by_interval else 0
    return newest_day - _GRACE - timedelta(days=interval)
