from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from stack.backup import check_backup, restore, save
from stack.engine import Engine, Service
from stack.errors import SettingError, StackError

SERVERS = ("store", "postgres", "code-location", "webserver", "daemon")


@dataclass
class FakeEngine:
    """A stack that is up. `kept` is its data, by the command that writes or reads them."""

    project: str = "game-market"
    states: dict[str, str] = field(default_factory=lambda: dict.fromkeys(SERVERS, "running"))
    runs_under_way: int = 0
    kept: dict[str, bytes] = field(default_factory=dict)
    ran: list[tuple[str, ...]] = field(default_factory=list)
    breaks_at: str = "nothing"

    def run(self, *arguments: str) -> int:
        self.ran.append(arguments)
        for name in arguments[1:]:
            self.states[name] = "exited" if arguments[0] == "stop" else "running"
        return 0

    def services(self) -> list[Service]:
        states = {"bucket": "running"} | self.states
        return [
            Service(name, state, "", 1 if state == "exited" else 0, datetime.now(UTC), frozenset())
            for name, state in states.items()
        ]

    def stream(
        self, *arguments: str, source: BinaryIO | None = None, target: BinaryIO | None = None
    ) -> None:
        words = " ".join(arguments)
        if self.breaks_at in words:
            raise StackError(f"compose {words} ended with 1")
        if "psql" in arguments:
            assert target
            target.write(f"{self.runs_under_way}\n".encode())
        elif target:
            assert self.states["daemon"] == self.states["code-location"] == "exited"
            target.write(words.encode())
        else:
            assert source
            self.kept[words] = source.read()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "one"


def do_save(engine: FakeEngine, folder: Path) -> None:
    save(cast(Engine, engine), folder, lambda _line: None)


def test_every_piece_comes_back_to_where_it_was(folder: Path) -> None:
    do_save(FakeEngine(), folder)
    check_backup(folder)
    new = FakeEngine()
    restore(cast(Engine, new), folder, lambda _line: None)
    pairs = {reader: body.decode() for reader, body in new.kept.items()}
    assert {writer.split()[-1]: reader.split()[-1] for reader, writer in pairs.items()} == {
        "save": "load",
        ".": "-",
        "dagster": "dagster",
        "marts": "marts",
    }
    by_service = {"transformer", "daemon", "extractor"}
    for reader, writer in pairs.items():
        assert by_service & {*reader.split()} == by_service & {*writer.split()}
    assert len(pairs) == 5


def test_dagster_is_stopped_meanwhile_and_runs_again(folder: Path) -> None:
    engine = FakeEngine()
    do_save(engine, folder)
    assert engine.ran[0] == ("stop", "daemon", "webserver", "code-location")
    assert engine.ran[1:] == [("start", name) for name in ("code-location", "webserver", "daemon")]


def test_a_piece_that_fails_leaves_dagster_running_and_no_whole_backup(folder: Path) -> None:
    engine = FakeEngine(breaks_at="pg_dump")
    with pytest.raises(StackError, match="pg_dump"):
        do_save(engine, folder)
    assert engine.states["daemon"] == engine.states["webserver"] == "running"
    with pytest.raises(SettingError, match="is no whole backup"):
        check_backup(folder)


def test_nothing_is_stopped_while_a_run_is_under_way(folder: Path) -> None:
    engine = FakeEngine(runs_under_way=2)
    with pytest.raises(StackError, match=r"Runs are under way \(2\): back up when they are over"):
        do_save(engine, folder)
    assert engine.ran == []
    assert not folder.exists()


def test_a_stack_that_is_not_up_is_to_be_started_first(folder: Path) -> None:
    engine = FakeEngine(states=dict.fromkeys(SERVERS, "running") | {"daemon": "exited"})
    with pytest.raises(StackError, match="not up: `make start`"):
        do_save(engine, folder)


def test_a_folder_that_is_there_is_not_written_to(folder: Path) -> None:
    folder.mkdir(parents=True)
    engine = FakeEngine()
    with pytest.raises(SettingError, match="can't be made"):
        do_save(engine, folder)
    assert engine.ran == []


def change(folder: Path) -> None:
    with (folder / "lake.tar").open("ab") as file:
        file.write(b"x")


def forget(folder: Path) -> None:
    told = json.loads((folder / "backup.json").read_text())
    del told["files"]["marts.dump"]
    (folder / "backup.json").write_text(json.dumps(told))


def lose(folder: Path) -> None:
    (folder / "lake.tar").unlink()


def garble(folder: Path) -> None:
    (folder / "backup.json").write_text("{")


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (change, "lake.tar is another file"),
        (forget, "marts.dump is another file or missing"),
        (lose, r"is no whole backup .*lake\.tar"),
        (garble, "is no whole backup"),
    ],
)
def test_a_backup_that_is_not_whole_is_refused(
    folder: Path, harm: Callable[[Path], None], says: str
) -> None:
    do_save(FakeEngine(), folder)
    harm(folder)
    with pytest.raises(SettingError, match=says) as refused:
        check_backup(folder)
    assert refused.value.exit_code == 64


def test_a_backup_is_for_its_owner_alone(folder: Path) -> None:
    do_save(FakeEngine(), folder)
    assert folder.stat().st_mode & 0o077 == 0
