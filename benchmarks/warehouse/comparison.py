"""The same staging by schema inference (read_json_auto): how long it takes and what it gets wrong."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measured_process import Command, Usage, run_measured
from benchmarks.warehouse.measured_build import Home, measure_build
from benchmarks.warehouse.stages import Stages
from benchmarks.warehouse.synthetic_lake import write_lake

# Field, what is put there, and the column of stg_rawg__games that is made of it.
_FAULTS: tuple[tuple[str, object, str], ...] = (
    ("esrb_rating", "Mature", "esrb_rating_name"),
    ("metacritic", "N/A", "metacritic_score"),
    ("released", "TBA", "released_on"),
    ("updated", "yesterday", "updated_at"),
    ("added", 4.5, "added_count"),
    ("playtime", "12", "playtime_hours"),
    ("rating", {}, "rating"),
    ("id", 2**53 + 1, "game_id"),
)
_GAMES_WITH_FAULTS = 400


@dataclass(frozen=True)
class Reading:
    """One way to read all parts; `seconds` are those of the statements."""

    rows: int
    seconds: float
    process_seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Fault:
    """A value that is not as it should be, and what became of it in staging, and by inference: there also
    in how many of the other rows, None where nothing could be read."""

    field: str
    planted: object
    staged: str | None
    reason: str | None
    inferred: str
    others_differing: int | None


@dataclass(frozen=True)
class Comparison:
    """`differing`: rows by column in which inference has another value, of clean pages."""

    staged: Reading
    inferred: Reading
    differing: dict[str, int]
    faults: list[Fault]


def compare_with_inference(stages: Stages, folder: Path, home: Home) -> Comparison:
    """`home` holds a lake of games that was just built; its warehouse is only read."""
    staged, inferred = (_run(stages, mode, home) for mode in ("staged", "inferred"))
    return Comparison(
        staged=_reading(*staged),
        inferred=_reading(*inferred),
        differing=inferred[0]["differing"],
        faults=_plant(stages, folder),
    )


def _plant(stages: Stages, folder: Path) -> list[Fault]:
    with TemporaryDirectory(dir=folder) as name:
        home = Home(Path(name))
        values = json.dumps([[field, value] for field, value, _ in _FAULTS])
        words = ["--games", str(_GAMES_WITH_FAULTS), "--plant", values]
        measure_build(stages, home, 0, write_lake(stages, home.lake, words))
        columns = json.dumps([[field, column] for field, _, column in _FAULTS])
        found, _ = _run(stages, "planted", home, ["--faults", columns])
    return [Fault(**said) for said in found]


def _run(stages: Stages, mode: str, home: Home, words: Sequence[str] = ()) -> tuple[Any, Usage]:
    script = Path(__file__).with_name("schema_inference.py")
    parts = sorted(map(str, home.lake.glob("raw/rawg/games/*/*.zst")))
    named = [mode, str(home.warehouse), str(home.dbt_target), *parts, *words]
    usage = run_measured(Command([*stages.transformer_python, str(script), *named], {}))
    return json.loads(usage.output), usage


def _reading(said: dict[str, Any], usage: Usage) -> Reading:
    return Reading(said["rows"], said["seconds"], usage.seconds, usage.peak_mb)
