"""Published marts made by hand: a lake whose games are known to the last number."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import MartKey, MartsPointerKey
from gamemarket.published_marts import MartsPointer, PublishedMart
from gamemarket.settings import Settings, load_settings

BUILD_ID = "20240104T060000-00000000"
TODAY = date(2024, 1, 3)

# The columns that the questions use, as the marts' contracts have them.
COLUMNS: Mapping[str, str] = {
    "dim_games": "source_system varchar, game_id bigint, slug varchar, name varchar, released_on date, "
    "is_tba boolean, metacritic_score bigint, rating double, ratings_count bigint, added_count bigint, "
    "observed_at timestamp, details_observed_at timestamp, is_deleted boolean, "
    "merged_into_game_id bigint",
    "dim_games_history": "source_system varchar, game_id bigint, valid_from timestamp, released_on date",
    "dim_genres": "source_system varchar, genre_id bigint, name varchar",
    "dim_platforms": "source_system varchar, platform_id bigint, name varchar",
    "dim_stores": "source_system varchar, store_id bigint, name varchar",
    "dim_publishers": "source_system varchar, publisher_id bigint, name varchar",
    "dim_developers": "source_system varchar, developer_id bigint, name varchar",
    "bridge_game_genres": "source_system varchar, game_id bigint, genre_id bigint",
    "bridge_game_platforms": "source_system varchar, game_id bigint, platform_id bigint",
    "bridge_game_stores": "source_system varchar, game_id bigint, store_id bigint",
    "bridge_game_publishers": "source_system varchar, game_id bigint, publisher_id bigint",
    "bridge_game_developers": "source_system varchar, game_id bigint, developer_id bigint",
    "fct_game_daily_snapshot": "source_system varchar, game_id bigint, observed_on date, "
    "added_count bigint",
    "fct_game_ownership": "source_system varchar, game_id bigint, observed_on date, status varchar, "
    "users_count bigint",
    "market_catalogue_coverage": "source_system varchar, field varchar, source_games_count bigint, "
    "games_count bigint, known_games_count bigint, share_of_games double",
}


@dataclass(frozen=True)
class Game:
    """A game as the tests count it; names of what it belongs to, once each."""

    game_id: int
    name: str
    users: int
    released_on: date | None = date(2023, 6, 1)
    critics: int | None = None
    rating: float = 0.0
    ratings: int = 0
    users_before: int | None = None
    is_deleted: bool = False
    genres: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    developers: tuple[str, ...] = ()
    statuses: Mapping[str, int] = field(default_factory=dict)
    days_before: tuple[date, ...] = ()  # earlier release days


type Table = list[tuple[object, ...]]


def tabulate(games: Sequence[Game], catalogue: int) -> dict[str, Table]:
    """The marts of some games, of a source that has `catalogue` of them."""
    tables: dict[str, Table] = {name: [] for name in COLUMNS}
    at = datetime.combine(TODAY, datetime.min.time())
    for game in games:
        key = ("rawg", game.game_id)
        named = (*key, f"game-{game.game_id}", game.name, game.released_on, False)
        counted = (game.critics, game.rating, game.ratings, game.users)
        tables["dim_games"].append((*named, *counted, at, at, game.is_deleted, None))
        days = (*game.days_before, game.released_on)
        tables["dim_games_history"] += [
            (*key, at + timedelta(hours=hour), day) for hour, day in enumerate(days)
        ]
        tables["fct_game_daily_snapshot"].append((*key, TODAY, game.users))
        if game.users_before is not None:
            before = (*key, TODAY - timedelta(days=2), game.users_before)
            tables["fct_game_daily_snapshot"].append(before)
        tables["fct_game_ownership"] += [
            (*key, TODAY, status, users) for status, users in game.statuses.items()
        ]
    for kind in ("genres", "platforms", "stores", "publishers", "developers"):
        names = sorted({name for game in games for name in getattr(game, kind)})
        tables[f"dim_{kind}"] = [("rawg", n, name) for n, name in enumerate(names)]
        tables[f"bridge_game_{kind}"] = [
            ("rawg", game.game_id, names.index(name))
            for game in games
            for name in getattr(game, kind)
        ]
    there = [game for game in games if not game.is_deleted]
    scored = sum(game.critics is not None for game in there)
    made = sum(bool(game.developers) for game in there)
    for name, known in (("metacritic_score", scored), ("developers", made)):
        row = ("rawg", name, catalogue, len(there), known, known / len(there) if there else 0.0)
        tables["market_catalogue_coverage"].append(row)
    return tables


@dataclass(frozen=True)
class Home:
    """A lake in a folder, and the settings of a stage that reads it."""

    settings: Settings

    def publish(self, tables: Mapping[str, Table]) -> MartsPointer:
        """Puts each table as a Parquet file, then the pointer."""
        lake = FolderLake.open(self.settings.lake_dir)
        models = {name: self._put(lake, name, rows) for name, rows in tables.items()}
        pointer = MartsPointer(
            build_id=BUILD_ID, built_at=datetime(2024, 1, 4, 6, tzinfo=UTC), models=models
        )
        lake.replace(MartsPointerKey(target="dev"), pointer.model_dump_json().encode())
        return pointer

    def _put(self, lake: FolderLake, name: str, rows: Table) -> PublishedMart:
        file = self.settings.home / f"{name}.parquet"
        with duckdb.connect() as db:
            db.execute(f"create table mart ({COLUMNS[name]})")
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                db.executemany(f"insert into mart values ({marks})", rows)
            db.execute(f"copy mart to '{file}' (format parquet)")
        key, body = MartKey(build_id=BUILD_ID, model=name), file.read_bytes()
        lake.put_if_absent(key, body)
        digest = hashlib.sha256(body).hexdigest()
        return PublishedMart(key=str(key), rows=len(rows), sha256=digest)


def open_home(path: Path) -> Home:
    """A home whose settings are of this folder, whatever the environment says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAME_MARKET_HOME", str(path))
        for name in ("DATA_LAKE_BUCKET", "DATA_LAKE_DIR", "S3_ENDPOINT"):
            patch.delenv(name, raising=False)
        return Home(load_settings())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path)
