"""All data of the stack in a folder (`make backup`), and a stack made of such a folder (`make restore`).

Each file is what a command in a container writes to its standard output, and what its counterpart
reads again: the lake object by object, so that no store's own format is kept; Postgres by
pg_dump, so that another version of it can read it. While they are written Dagster is stopped, and
nothing else writes. `backup.json` is written last: a folder without it is not whole.

No password is in it: roles are made anew with those of .env.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic, sleep
from typing import Any, Final

from stack.engine import Engine
from stack.errors import SettingError, StackError

__all__ = ["check_backup", "restore", "save"]

_CONTENTS: Final = "backup.json"
# Who could begin or change something, in the order in which they are started.
_DAGSTER: Final = ("code-location", "webserver", "daemon")
_STORES: Final = ("postgres", "bucket")
_UNDER_WAY: Final = "select count(*) from runs where status in ('STARTING', 'STARTED', 'CANCELING')"
_PATIENCE_SECONDS: Final = 300.0


@dataclass(frozen=True)
class _Piece:
    """A file of a backup: the compose commands that write and read it."""

    file: str
    save: tuple[str, ...]
    load: tuple[str, ...]


def _once(program: str, service: str, *arguments: str) -> tuple[str, ...]:
    """Another program in a container of a service, which ends with it."""
    return ("run", "--rm", "-T", "--no-deps", "--entrypoint", program, service, *arguments)


def _database(name: str) -> _Piece:
    there = ("exec", "-T", "postgres")
    dump = (*there, "pg_dump", "-U", "postgres", "--format=custom", name)
    load = (*there, "pg_restore", "-U", "postgres", "--exit-on-error", "--dbname", name)
    return _Piece(f"{name}.dump", dump, load)


def _volume(file: str, service: str) -> _Piece:
    """What a service keeps in its /data."""
    return _Piece(
        file,
        _once("tar", service, "-C", "/data", "-cf", "-", "."),
        _once("tar", service, "-C", "/data", "-xpf", "-"),
    )


def _lake() -> _Piece:
    archive = ("/app/bin/python", "extractor", "-m", "gamemarket.lake_archive")
    return _Piece("lake.tar", _once(*archive, "save"), _once(*archive, "load"))


_PIECES: Final = (
    _lake(),
    _volume("warehouse.tar", "transformer"),
    _volume("stage_logs.tar", "daemon"),
    _database("dagster"),
    _database("marts"),
)


def save(engine: Engine, folder: Path, say: Callable[[str], None]) -> None:
    """Writes all data into a new folder; Dagster's services are stopped for as long as it takes.

    SettingError when the folder is there; StackError when the stack is not up, a run is under
    way, or a piece could not be written.
    """
    _check_is_up(engine)
    _check_is_idle(engine)
    try:
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise SettingError(
            f"The folder {folder} can't be made ({error.strerror}): give a new one, TO=<folder>."
        ) from None
    try:
        engine.run("stop", *reversed(_DAGSTER))
        files = {piece.file: _save_piece(engine, piece, folder, say) for piece in _PIECES}
        made_at = datetime.now(timezone.utc).isoformat()
        contents = {"made_at": made_at, "of": engine.project, "files": files}
        (folder / _CONTENTS).write_text(json.dumps(contents, indent=1) + "\n")
    finally:
        _start_dagster(engine)


def _save_piece(
    engine: Engine, piece: _Piece, folder: Path, say: Callable[[str], None]
) -> dict[str, Any]:
    path = folder / piece.file
    with path.open("xb") as target:
        engine.stream(*piece.save, target=target)
    described = _describe(path)
    say(f"  {piece.file}  {described['bytes']:,} bytes")
    return described


def check_backup(folder: Path) -> None:
    """SettingError when the folder is no whole backup, or a file is not what it was."""
    try:
        files: Mapping[str, Any] = json.loads((folder / _CONTENTS).read_text())["files"]
        wrong = [name for name, told in files.items() if _describe(folder / name) != told]
    except (OSError, ValueError, KeyError) as error:
        raise SettingError(
            f"{folder} is no whole backup ({error}): give a folder that `make backup` wrote to its "
            "end, FROM=<folder>."
        ) from None
    missing = {piece.file for piece in _PIECES} - files.keys()
    if wrong or missing:
        raise SettingError(
            f"{folder} does not hold what was backed up: {', '.join(sorted({*wrong, *missing}))} is "
            "another file or missing. Take another backup."
        )


def restore(engine: Engine, folder: Path, say: Callable[[str], None]) -> None:
    """Fills a stack without data, whose volumes do not exist; its services are not all started."""
    if engine.run("up", "-d", *_STORES) != 0:
        raise StackError("compose could not start the stores: its words stand above.")
    _wait_for(engine, _STORES)
    for piece in _PIECES:
        with (folder / piece.file).open("rb") as source:
            engine.stream(*piece.load, source=source)
        say(f"  {piece.file}")


def _check_is_up(engine: Engine) -> None:
    running = {service.name for service in engine.services() if service.is_ready}
    if not running.issuperset((*_DAGSTER, *_STORES)):
        raise StackError("The stack is not up: `make start`, then the backup again.")


def _check_is_idle(engine: Engine) -> None:
    """StackError while a run is executed."""
    words = ("psql", "-U", "postgres", "-d", "dagster", "-tAc", _UNDER_WAY)
    with TemporaryFile() as answer:
        engine.stream("exec", "-T", "postgres", *words, target=answer)
        answer.seek(0)
        count = int(answer.read())
    if count:
        raise StackError(f"Runs are under way ({count}): back up when they are over.")


def _start_dagster(engine: Engine) -> None:
    """One after the other: the web server and the daemon look for the code location at once."""
    for name in _DAGSTER:
        engine.run("start", name)
        _wait_for(engine, (name,))


def _wait_for(engine: Engine, names: Container[str]) -> None:
    deadline = monotonic() + _PATIENCE_SECONDS
    while True:
        waiting = [one.name for one in engine.services() if one.name in names and not one.is_ready]
        if not waiting:
            return
        if monotonic() > deadline:
            raise StackError(f"{', '.join(waiting)} did not become ready: `make logs`.")
        sleep(1)


def _describe(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return {"bytes": path.stat().st_size, "sha256": digest.hexdigest()}
