from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from time import time
from typing import cast

import pytest

from stack.dagster_api import Dagster, Run
from stack.engine import Engine, Service
from stack.errors import StackError
from stack.status import tell_status

DISK = """Filesystem     1024-blocks      Used Available Capacity Mounted on
/dev/vda         40000000  20000000  {available}      50% /var/lib/postgresql/data
"""


def show(name: str, state: str = "running", health: str = "healthy", exit_code: int = 0) -> Service:
    began = datetime.now(timezone.utc) - timedelta(hours=5)
    return Service(name, state, health, exit_code, began, frozenset())


HEALTHY = [show("store"), show("daemon", health=""), show("bucket", "exited", "")]


@dataclass
class FakeEngine:
    found: list[Service]
    available: int = 12_000_000

    def services(self) -> list[Service]:
        return self.found

    def ask(self, *arguments: str) -> str:
        is_disk = arguments[0] == "exec"
        return (
            DISK.format(available=self.available) if is_disk else "store_1 | Connection refused\n"
        )


@dataclass
class FakeDagster:
    is_reporting: bool = True
    runs: list[Run] | None = field(default_factory=list)

    def is_healthy(self, _since: datetime) -> bool:
        return self.is_reporting

    def read_latest_runs(self) -> list[Run]:
        if self.runs is None:
            raise StackError("Dagster does not answer at port 3000")
        return self.runs


def tell(engine: FakeEngine, dagster: FakeDagster | None = None) -> list[str]:
    said: list[str] = []
    tell_status(cast(Engine, engine), cast(Dagster, dagster or FakeDagster()), said.append)
    return said


def test_it_tells_of_each_service_run_and_the_disk() -> None:
    runs = [
        Run("daily_game_market_update", "2024-01-02", "QUEUED", time() - 180),
        Run("prune_history", "", "SUCCESS", time() - 3 * 86_400),
    ]
    assert tell(FakeEngine(HEALTHY), FakeDagster(runs=runs)) == [
        "  bucket         done",
        "  daemon         running, for 5 h",
        "  store          healthy, for 5 h",
        "  run            queued    daily_game_market_update 2024-01-02, 3 min ago",
        "  run            success   prune_history, 3 days ago",
        "  disk           12.3 GB free of 41.0",
    ]


@pytest.mark.parametrize(
    ("engine", "dagster", "trouble"),
    [
        (FakeEngine([]), FakeDagster(), "down: `make start`"),
        (FakeEngine([show("store", health="unhealthy")]), FakeDagster(), "store is not ready"),
        (FakeEngine([show("bucket", "exited", "", 74)]), FakeDagster(), "bucket ended with 74"),
        (FakeEngine(HEALTHY), FakeDagster(runs=None), "does not answer"),
        (FakeEngine(HEALTHY), FakeDagster(is_reporting=False), "SERVICE=daemon"),
        (FakeEngine(HEALTHY, available=1_000_000), FakeDagster(), "little room"),
    ],
)
def test_it_ends_with_what_is_not_as_it_should_be(
    engine: FakeEngine, dagster: FakeDagster, trouble: str
) -> None:
    with pytest.raises(StackError, match=trouble):
        tell(engine, dagster)


def test_a_disk_that_nobody_can_show_is_no_trouble() -> None:
    class WithoutPostgres(FakeEngine):
        def ask(self, *_arguments: str) -> str:
            return ""

    assert not any("disk" in line for line in tell(WithoutPostgres(HEALTHY)))
