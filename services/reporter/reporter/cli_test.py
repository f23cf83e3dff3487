"""How the command line ends, by the table of exit codes, and what it says and writes then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from gamemarket.errors import ExitCode, GameMarketError, exit_code_of
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import MartsPointerKey, ReportKey
from gamemarket.stage import Reporter
from reporter.cli import cli
from reporter.conftest import BUILD_ID, CATALOGUE, Home, Table, add_source, make_games, tabulate

type Build = Callable[..., tuple[ExitCode, str]]


@pytest.fixture
def build(home: Home, monkeypatch: pytest.MonkeyPatch) -> Build:
    """`reporter build` in the home; returns its exit code, and its sentence or what it printed."""
    for name in ("DATA_LAKE_BUCKET", "DATA_LAKE_DIR", "S3_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GAME_MARKET_HOME", str(home.settings.home))

    def run(*arguments: str) -> tuple[ExitCode, str]:
        args, output = ["build", *arguments], None
        try:
            output = CliRunner().invoke(cli, args, obj=Reporter(), catch_exceptions=False).output
        except GameMarketError as error:
            return exit_code_of(error), str(error)
        return ExitCode.DONE, output

    return run


def read_page(home: Home) -> str:
    return (home.settings.home / "report.html").read_text()


@pytest.fixture
def tables() -> dict[str, Table]:
    return tabulate(make_games(60), CATALOGUE)


def test_a_report_is_written_and_its_path_told(
    build: Build, home: Home, tables: dict[str, Table]
) -> None:
    home.publish(tables)
    assert build() == (0, f"{home.settings.home / 'report.html'}\n")
    assert "60 games are known" not in read_page(home)  # each tenth is gone
    assert "54 games are known" in read_page(home)


def test_before_the_first_build_it_is_64_and_the_page_says_what_to_do(
    build: Build, home: Home
) -> None:
    code, said = build()
    assert (code, said) == (
        64,
        "No marts of target dev are published in this lake yet: run `transformer build --target dev` "
        "first.",
    )
    assert "transformer build --target dev" in read_page(home)


def test_who_asks_the_other_target_is_told_of_the_one_with_marts(
    build: Build, home: Home, tables: dict[str, Table]
) -> None:
    home.publish(tables)
    code, said = build("--target", "prod")
    assert code == 64
    assert "ask those of --target dev" in said


@pytest.mark.parametrize(
    ("older", "says"),
    [("without the mart", "market_upcoming_games"), ("without a column", "date_changes_count")],
)
def test_marts_of_another_version_are_65_after_the_page_is_kept(
    build: Build, home: Home, tables: dict[str, Table], older: str, says: str
) -> None:
    if older == "without the mart":
        del tables["market_upcoming_games"]
        home.publish(tables)
    else:
        home.publish(tables, without={"market_upcoming_games": "date_changes_count"})
    code, said = build("--publish")
    assert code == 65
    assert says in said and "transformer build --full-refresh" in said
    assert "was published by another version" in read_page(home)
    kept = FolderLake.open(home.settings.lake_dir).get(ReportKey(build_id=BUILD_ID, edition=1))
    assert kept.decode() == read_page(home)


def test_marts_of_an_empty_lake_are_no_error(build: Build, home: Home) -> None:
    home.publish(tabulate([], CATALOGUE))
    assert build()[0] == 0
    assert "This waits for the first games" in read_page(home)


def test_another_sources_rows_alone_are_no_error(
    build: Build, home: Home, tables: dict[str, Table]
) -> None:
    both = add_source(tables)
    home.publish({name: [r for r in rows if r[0] != "rawg"] for name, rows in both.items()})
    assert build()[0] == 0
    assert "This waits for the first games" in read_page(home)


def test_a_pointer_that_is_none_is_74_and_leaves_the_former_page(
    build: Build, home: Home, tables: dict[str, Table]
) -> None:
    home.publish(tables)
    build()
    before = read_page(home)
    FolderLake.open(home.settings.lake_dir).replace(MartsPointerKey(target="dev"), b"{")
    code, said = build()
    assert (code, said.partition(" ")[0]) == (74, "marts/current_dev.json")
    assert read_page(home) == before


def test_a_place_that_can_not_be_written_is_64(
    build: Build, home: Home, tables: dict[str, Table], tmp_path: Path
) -> None:
    home.publish(tables)
    (tmp_path / "file").touch()
    code, said = build("--output", str(tmp_path / "file" / "report.html"))
    assert code == 64
    assert said.endswith("Give another --output.")
