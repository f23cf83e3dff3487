"""A lake with hand-made pages in the committed format, and builds over it.

One home serves all tests of a process and is emptied before each: dbt's partial parse stays, which
makes a build take two seconds instead of five.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from unittest.mock import Mock

import duckdb
import pytest
import zstandard

from gamemarket.errors import ExitCode
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import Partition, PartKey
from gamemarket.manifest import (
    DetailRecord,
    Manifest,
    PageRecord,
    PartRecord,
    ReadingRecord,
    Reason,
)
from gamemarket.settings import Settings
from gamemarket.stage import Reporter
from transformer.build import BuildOptions, build_warehouse

type Row = Mapping[str, Any]
type Page = Mapping[str, Any]

DAY_1, DAY_2, DAY_3 = (date(2024, 1, day) for day in (1, 2, 3))


@dataclass(frozen=True)
class MappedField:
    """A column of dim_games as dim_games.yml maps it: `path` in a row, `type` (empty for a text)."""

    column: str
    path: str
    type: str

    @property
    def text(self) -> str:
        """The column of the base model."""
        return self.path.replace(".", "_")


def mapped_fields() -> list[MappedField]:
    """Every field of games that dim_games has."""
    text = (files("analytics") / "models/marts/dim_games.yml").read_text()
    columns = (re.split(r"\W", entry, maxsplit=1) for entry in re.split(r"\n +- \{?name: ", text))
    mapped = ((name, _MAPPED.search(described)) for name, described in columns)
    return [MappedField(name, found[1], found[2] or "") for name, found in mapped if found]


_MAPPED = re.compile(r"\{meta: \{path: ([\w.]+)(?:, type: (\w+))?")


def page_of(*rows: Row) -> Page:
    """An envelope, as lists have it."""
    return {"count": len(rows), "next": None, "previous": None, "results": list(rows)}


def game(game_id: int, **fields: object) -> dict[str, Any]:
    """A game as filtered lists show it; what it is not given is unremarkable."""
    named = {"id": game_id, "slug": f"game-{game_id}", "name": f"Game {game_id}"}
    usual = {
        "released": "2020-02-29",
        "tba": False,
        "rating": 4.1,
        "ratings_count": 10,
        "added": 100,
        "metacritic": 80,
        "playtime": 5,
        "updated": "2024-01-01T10:00:00",
        "genres": [{"id": 4, "name": "Action", "slug": "action"}],
        "platforms": [{"platform": {"id": 1, "name": "PC", "slug": "pc"}}],
        "stores": [{"store": {"id": 1, "name": "Steam", "slug": "steam"}}],
        "tags": [_SINGLEPLAYER],
    }
    return {**named, **usual, **_ALWAYS_THERE, **fields}


_SINGLEPLAYER = {
    "id": 31,
    "name": "Singleplayer",
    "slug": "singleplayer",
    "language": "eng",
    "games_count": 1,
    "image_background": None,
}
# What the contract of games wants in every row, and few tests are about.
_ALWAYS_THERE: dict[str, Any] = {
    "added_by_status": None,
    "background_image": None,
    "clip": None,
    "dominant_color": "0f0f0f",
    "parent_platforms": [],
    "rating_top": 5,
    "ratings": [],
    "reviews_count": 0,
    "reviews_text_count": 0,
    "saturated_color": "0f0f0f",
    "short_screenshots": [],
    "suggestions_count": 0,
    "user_game": None,
}


@dataclass
class LakeWriter:
    """Commits partitions as the extractor does: parts, then the manifest."""

    lake: FolderLake
    generations: dict[Partition, list[PartRecord]] = field(default_factory=dict)
    ids: dict[str, frozenset[int]] = field(default_factory=dict)
    answers: dict[Partition, list[PageRecord]] = field(default_factory=dict)

    def commit(
        self,
        endpoint: str,
        run_date: date,
        *pages: Page,
        observed_at: datetime | None = None,
        keeps_older_parts: bool = True,
        rows: int | None = None,
        distinct_ids: int | None = None,
        reasons: tuple[Reason, ...] = (),
        gone: Mapping[int, int | None] | None = None,
    ) -> str:
        """Commits the partition's next generation with one part; returns the part's key.

        By default observed at four o'clock on the day after, and complete. `rows` lies about the
        number of rows, `distinct_ids` about that of ids. `gone` are the ids of details that were
        asked for and not found: deleted (None), or merged into another.
        """
        partition = Partition(source="rawg", endpoint=endpoint, run_date=run_date)
        older = self.generations.get(partition, [])
        generation = 1 + sum(1 for _ in self.lake.list(f"manifests/{partition}/"))
        part = self._put_part(partition, generation, pages, observed_at, rows)
        parts = [*(older if keeps_older_parts else []), part]
        self.generations[partition] = parts
        self.ids[part.key] = frozenset(_ids_of(endpoint, pages))
        ids = frozenset().union(*(self.ids[one.key] for one in parts))
        counted = len(ids) if distinct_ids is None else distinct_ids
        answers = self.answers.setdefault(partition, [])
        answers += (_answer_of(generation, *one, part.observed_at) for one in (gone or {}).items())
        manifest = _manifest(partition, generation, parts, pages, counted, reasons, answers)
        assert self.lake.put_if_absent(manifest.key, manifest.to_bytes())
        return part.key

    def _put_part(
        self,
        partition: Partition,
        generation: int,
        pages: Sequence[Page],
        observed_at: datetime | None,
        rows: int | None,
    ) -> PartRecord:
        lines = b"".join(json.dumps(page, ensure_ascii=False).encode() + b"\n" for page in pages)
        body = zstandard.compress(lines)
        run_id = hashlib.sha256(body).hexdigest()[:8]
        key = PartKey(partition=partition, generation=generation, run_id=run_id, part=1)
        assert self.lake.put_if_absent(key, body)
        return PartRecord(
            key=str(key),
            bytes=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
            pages=len(pages),
            rows=sum(_rows_of(partition.endpoint, page) for page in pages)
            if rows is None
            else rows,
            observed_at=observed_at or _morning_after(partition.run_date),
        )


def _rows_of(endpoint: str, page: Page) -> int:
    return len(page["results"]) if _is_of_rows(endpoint, page) else 1


def _ids_of(endpoint: str, pages: Sequence[Page]) -> Iterator[int]:
    """Ids that the extractor would count."""
    for page in pages:
        rows = page["results"] if _is_of_rows(endpoint, page) else [page]
        yield from (row["id"] for row in rows if _is_id(row.get("id")))


def _is_of_rows(endpoint: str, page: Page) -> bool:
    return endpoint != "game_details" and isinstance(page.get("results"), list)


def _is_id(value: object) -> bool:
    return type(value) is int and 0 < value < 2**63


def _morning_after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC) + timedelta(days=1)


def _manifest(
    partition: Partition,
    generation: int,
    parts: Sequence[PartRecord],
    pages: Sequence[Page],
    distinct_ids: int,
    reasons: tuple[Reason, ...],
    answers: Sequence[PageRecord],
) -> Manifest:
    rows = sum(part.rows for part in parts)
    at = parts[-1].observed_at
    return Manifest(
        source=partition.source,
        endpoint=partition.endpoint,
        run_date=partition.run_date,
        generation=generation,
        run_id="test",
        fingerprint="test",
        params={},
        page_size=40,
        items=None if partition.endpoint == "game_details" else "results",
        page_limit=None,
        max_pages=None,
        complete=not reasons,
        reasons=reasons,
        parts=tuple(parts),
        pages=tuple(
            PageRecord(
                generation=generation,
                reading=1,
                number=number,
                rows=_rows_of(partition.endpoint, page),
                sha256="",
                count=rows,
                observed_at=at,
            )
            for number, page in enumerate(pages, 1)
        )
        + tuple(answers),
        readings=(
            ReadingRecord(
                generation=generation,
                reading=1,
                params={},
                count=rows,
                distinct_ids=rows,
            ),
        ),
        rows=rows,
        count=rows,
        distinct_ids=distinct_ids,
        duplicates=rows - distinct_ids,
        requests=len(pages),
        started_at=at,
        finished_at=at,
        extractor_version="test",
    )


def _answer_of(generation: int, game_id: int, merged_into: int | None, at: datetime) -> PageRecord:
    return PageRecord(
        generation=generation,
        reading=1,
        number=1_000 + game_id,
        rows=0,
        sha256="",
        count=None,
        observed_at=at,
        detail=DetailRecord(
            requested_id=game_id,
            updated=None,
            added=None,
            outcome="merged" if merged_into else "deleted",
            merged_into=merged_into,
        ),
    )


@dataclass
class RecordingReporter(Reporter):
    """Keeps what Dagster would be told."""

    assets: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    checks: dict[tuple[str, str], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def materialized(self, asset: str, metadata: Mapping[str, Any]) -> None:
        self.assets[asset] = metadata

    def checked(
        self, asset: str, check: str, *, passed: bool, error: bool, metadata: Mapping[str, Any]
    ) -> None:
        self.checks[asset, check] = passed


class _Inspected(Exception):
    """Stands for the rest of a build."""


@dataclass
class Pipeline:
    """A home of its own: a lake to commit to, a warehouse to build, marts to look at."""

    settings: Settings
    writer: LakeWriter
    reporter: RecordingReporter = field(default_factory=RecordingReporter)

    @property
    def lake(self) -> FolderLake:
        """The lake."""
        return self.writer.lake

    def build(
        self,
        run_date: date | None = None,
        *,
        full_refresh: bool = False,
        target: str = "dev",
        select: tuple[str, ...] = (),
        accept_drift: bool = False,
        publish: bool = True,
    ) -> ExitCode:
        """Runs a build in this process."""
        options = BuildOptions(run_date, target, full_refresh, select, accept_drift, publish)
        self.reporter = RecordingReporter()
        return build_warehouse(self.settings, options, self.reporter)

    def inspect(self, *, full_refresh: bool = False) -> None:
        """Runs a build until dbt would start, and fails where it ends before."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("transformer.build.run_models", Mock(side_effect=_Inspected))
            with pytest.raises(_Inspected):
                self.build(full_refresh=full_refresh)

    def begin(self, *rows: Row) -> None:
        """Commits these games of the first day, if any, and builds over nothing else.

        Built once a process for the same games: what that left is kept, and copied where a test begins
        alike.
        """
        if rows:
            self.writer.commit("games", DAY_1, page_of(*rows))
        digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
        kept, home = self.settings.home / "kept" / digest, self.settings.home
        if kept.exists():
            _copy_home(kept, home)
        else:
            self.build()
            _copy_home(home, kept)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Asks the warehouse."""
        with duckdb.connect(str(self.settings.duckdb_path), read_only=True) as db:
            return db.execute(sql).fetchall()

    def marts(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every mart, ordered."""
        named = self.rows("select table_name from duckdb_tables where schema_name = 'marts'")
        return {name: self.rows(f"from marts.{name} order by all") for (name,) in sorted(named)}

    def forget_warehouse(self) -> None:
        """Removes the DuckDB file."""
        self.settings.duckdb_path.unlink(missing_ok=True)

    def forget_lake(self) -> None:
        """Removes everything in the lake."""
        shutil.rmtree(self.settings.lake_dir, ignore_errors=True)
        self.writer = LakeWriter(FolderLake.open(self.settings.lake_dir))


def _copy_home(home: Path, other: Path) -> None:
    """What a build changes; dbt's partial parse belongs to the project and stays where it is."""
    unchanged = shutil.ignore_patterns("partial_parse.msgpack", "compiled", "run")
    for name in ("lake", "dbt/dev"):
        shutil.copytree(home / name, other / name, dirs_exist_ok=True, ignore=unchanged)
    shutil.copyfile(home / "warehouse.duckdb", other / "warehouse.duckdb")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home that all tests of this process share, one after the other."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def pipeline(home: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """An empty lake and no warehouse."""
    return empty_home(home, monkeypatch)


def empty_home(home: Path, patch: pytest.MonkeyPatch) -> Pipeline:
    """The home without what the test before has left; dbt's partial parse stays."""
    for name in ("DUCKDB_PATH", "DATA_LAKE_DIR", "DATA_LAKE_BUCKET", "ENDPOINTS_FILE"):
        patch.delenv(name, raising=False)
    patch.setenv("GAME_MARKET_HOME", str(home))
    patch.setenv("GAME_MARKET_NOW", "2024-01-10T06:00:00Z")
    settings = Settings()
    empty = Pipeline(settings, LakeWriter(FolderLake.open(settings.lake_dir)))
    empty.forget_lake()
    empty.forget_warehouse()
    return empty


type Story = Callable[[Pipeline], Iterator[None]]


@dataclass
class OneLake:
    """What came of the tests of a file that share a lake's builds: by name what they raised, if anything."""

    pipeline: Pipeline
    ends: dict[str, Exception | None]


def in_one_lake(story: Story) -> Callable[[OneLake], None]:
    """A test that shares its builds: it yields where it wants one of what it has committed."""

    def test(one_lake: OneLake) -> None:
        if error := one_lake.ends[story.__name__]:
            raise error

    _STORIES[story.__module__].append(story)
    test.__doc__ = story.__doc__
    return test


_STORIES: Final[dict[str, list[Story]]] = defaultdict(list)


@pytest.fixture(scope="module")
def one_lake(home: Path, request: pytest.FixtureRequest) -> Iterator[OneLake]:
    """The lake of all tests of the file that are `in_one_lake`, built step by step."""
    with pytest.MonkeyPatch.context() as patch:
        pipeline = empty_home(home, patch)
        yield OneLake(pipeline, _tell_together(pipeline, _STORIES[request.module.__name__]))


def _tell_together(pipeline: Pipeline, stories: Iterable[Story]) -> dict[str, Exception | None]:
    """Each up to its next build, then one build for all; what each raises, by name."""
    under_way = {story.__name__: story(pipeline) for story in stories}
    ends: dict[str, Exception | None] = {}
    while under_way:
        for name, story in list(under_way.items()):
            try:
                next(story)
            except StopIteration:
                ends[name] = None
            except Exception as error:
                ends[name] = error
            if name in ends:
                del under_way[name]
        if under_way:
            pipeline.build()
    return ends
