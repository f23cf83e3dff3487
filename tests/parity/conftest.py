"""One lake, both warehouses, two builds each: made once for all tests of the folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pytest

from gamemarket.settings import load_settings
from tests.parity.builds import Builder, Marts, count_rows
from tests.parity.emulation import emulate_snowflake
from tests.parity.lakes import TwoDays, make_lakes
from transformer.dbt_runner.dbt_project import known_endpoints

BOTH: Final = pytest.StashKey["TwoWarehouses"]()


@dataclass(frozen=True)
class TwoWarehouses:
    """What both published after each day."""

    builder: Builder
    lakes: TwoDays
    duckdb: tuple[Marts, Marts]
    snowflake: tuple[Marts, Marts]


@pytest.fixture(scope="session")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> TwoDays:
    return make_lakes(tmp_path_factory.mktemp("lakes"))


@pytest.fixture(scope="session")
def builder(lakes: TwoDays, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    with emulate_snowflake(lakes.first) as emulation:
        builder = Builder(tmp_path_factory.mktemp("home"), emulation)
        with builder.environment(lakes.first):
            emulation.make_what_terraform_does(known_endpoints(load_settings()))
        yield builder


@pytest.fixture(scope="session")
def warehouses(builder: Builder, lakes: TwoDays, pytestconfig: pytest.Config) -> TwoWarehouses:
    """A first build, and one that only brings what came since."""
    duckdb, snowflake = (
        (builder.build(target, lakes.first), builder.build(target, lakes.second))
        for target in ("dev", "prod")
    )
    both = TwoWarehouses(builder, lakes, duckdb, snowflake)
    pytestconfig.stash[BOTH] = both
    return both


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """What was compared, and what had to be rewritten for the emulation."""
    both = config.stash.get(BOTH, None)
    if both is None:
        return
    terminalreporter.section("parity: DuckDB and Snowflake (emulated, with DuckDB inside)")
    for name, rows in count_rows(both.duckdb[1]).items():
        other = count_rows(both.snowflake[1]).get(name, 0)
        terminalreporter.write_line(f"{name:34}{rows:>8,} rows{other:>8,} rows")
    for name, times in sorted(both.builder.emulation.rewrites.items()):
        terminalreporter.write_line(f"rewritten {times:>4,} times: {name}")
