"""Published marts made by hand: a lake whose games are known to the last number."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path

import duckdb
import pytest

from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import MartKey, MartsPointerKey
from gamemarket.published_marts import MartsPointer, PublishedFile, PublishedMart
from gamemarket.settings import Settings, load_settings

BUILD_ID = "20240104T060000-00000000"
TODAY = date(2024, 1, 3)
# As RAWG counts who has a game: it is owned, and no more is said; it waits; it is not had yet.
STATUSES = ("beaten", "playing", "dropped", "owned", "yet")

CATALOGUE = 1000  # games that the source has
GENRES = ("Action", "Puzzle", "Racing")
PLATFORMS = (("PC",), ("PC", "Xbox"), ("Xbox",))

# Names as they may come.
NASTY = (
    "<script>document.title = 'run'</script>",
    "\"Quotes\" & 'more' --> ]]>",
    "مغامرة في الصحراء",
    "Rocket 🚀👩‍🚀",
    '=HYPERLINK("https://example.invalid")',
    "W" * 300,
)

# The columns that the questions use, as the marts' contracts have them.
COLUMNS: Mapping[str, str] = {
    "market_genre_engagement": "source_system varchar, genre_id bigint, name varchar, "
    "games_count bigint, copies_count bigint, share_beaten double, playing_count bigint, "
    "dropped_count bigint, owned_count bigint, unplayed_count bigint",
    "market_catalogue": "source_system varchar, as_of date, first_observed_on date, "
    "observed_days_count bigint, games_count bigint, detailed_games_count bigint, "
    "source_games_count bigint, coverage double, "
    "details_coverage double, added_count bigint",
    "rejected_values": "source_system varchar, endpoint varchar, field varchar, reason varchar, "
    "row_count bigint, field_value varchar",
    "market_catalogue_coverage": "source_system varchar, field varchar, source_games_count bigint, "
    "games_count bigint, known_games_count bigint, share_of_games double",
    "market_release_months": "source_system varchar, release_month date, as_of date, "
    "games_count bigint, placeholder_games_count bigint",
    "market_genre_trend": "source_system varchar, genre_id bigint, release_year bigint, as_of date, "
    "is_over boolean, name varchar, games_count bigint, year_games_count bigint, added_count bigint, "
    "year_added_count bigint",
    "market_concentration": "source_system varchar, games_percent bigint, games_count bigint, "
    "share_of_games double, share_of_added double, least_added_count bigint",
    "market_rising_games": "source_system varchar, rank bigint, name varchar, slug varchar, "
    "gained_per_day double, gained_count bigint, added_count bigint, compared_on date, "
    "last_observed_on date, span_days bigint, is_new boolean",
    "market_upcoming_games": "source_system varchar, rank bigint, name varchar, slug varchar, "
    "wanted_count bigint, added_count bigint, released_on date, is_tba boolean, "
    "is_placeholder boolean, date_changes_count bigint, delay_days bigint",
    "market_critics_and_players": "source_system varchar, game_id bigint, name varchar, "
    "slug varchar, metacritic_score bigint, player_score double, score_gap double, "
    "ratings_count bigint",
    "market_platform_share": "source_system varchar, name varchar, games_count bigint, "
    "share_of_games double, share_of_added double",
    "market_store_presence": "source_system varchar, name varchar, games_count bigint, "
    "share_of_games double, added_count bigint, share_exclusive double",
    "market_publisher_leaderboard": "source_system varchar, rank bigint, name varchar, "
    "games_count bigint, added_count bigint, share_self_published double, coverage double",
    "market_self_publishing": "source_system varchar, games_count bigint, "
    "self_published_games_count bigint",
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
    moves: int = 0  # of its release date

    @property
    def slug(self) -> str:
        return f"game-{self.game_id}"


type Table = list[tuple[object, ...]]


def tabulate(games: Sequence[Game], catalogue: int) -> dict[str, Table]:
    """The marts of some games, of a source that has `catalogue` of them."""
    there = [game for game in games if not game.is_deleted]
    tables: dict[str, Table] = {name: [] for name in COLUMNS}
    if not there:
        return tables
    users = sum(game.users for game in there)
    first = TODAY - timedelta(days=2)
    counts = (2, len(there), 0, catalogue, len(there) / catalogue, 0.5, users)
    tables["market_catalogue"] = [("rawg", TODAY, first, *counts)]
    _tabulate_copies(tables, there)
    _tabulate_counts(tables, there, catalogue)
    _tabulate_genres(tables, there)
    _tabulate_ranks(tables, there)
    return tables


def make_games(count: int = 200) -> list[Game]:
    """Games from the most wanted on; each tenth is gone, each eighth comes out this year."""
    kinds = cycle(GENRES)
    places = cycle(PLATFORMS)
    return [
        Game(
            game_id=n,
            name=f"Game {n}",
            users=100_000 // n,
            released_on=date(2024, 5, 2) if n % 8 == 1 else date(2023 - n % 6 % 5, 1 + n % 11, 9),
            critics=50 + n % 40 if n % 2 else None,
            rating=round(2 + n % 30 / 10, 1),
            ratings=n % 50,
            users_before=100_000 // n - n % 7 if n % 3 == 0 else None,
            is_deleted=n % 10 == 0,
            genres=(next(kinds),),
            platforms=next(places),
            stores=("Steam",) if n % 2 else (),
            publishers=(f"House {n % 12}",) if n % 4 else (),
            developers=(f"House {n % 5}",) if n % 4 else (),
            statuses={
                "beaten": n % 9,
                "dropped": n % 4,
                "playing": 2,
                "owned": 10,
                "yet": 3,
                "toplay": 1000 - n,
            },
            moves=n == 9,
        )
        for n in range(1, count + 1)
    ]


def add_source(tables: Mapping[str, Table]) -> dict[str, Table]:
    """The same marts with a second source, which has the same rows and which no answer may count."""
    return {name: [*rows, *(("other", *row[1:]) for row in rows)] for name, rows in tables.items()}


def _tabulate_copies(tables: dict[str, Table], there: Sequence[Game]) -> None:
    for n, genre in enumerate(sorted({genre for game in there for genre in game.genres})):
        games = [game for game in there if genre in game.genres]
        beaten, *others = (sum(g.statuses.get(status, 0) for g in games) for status in STATUSES)
        copies = beaten + sum(others)
        row = ("rawg", n, genre, len(games), copies, beaten / copies if copies else None, *others)
        tables["market_genre_engagement"].append(row)


def _tabulate_counts(tables: dict[str, Table], there: Sequence[Game], catalogue: int) -> None:
    scored = sum(game.critics is not None for game in there)
    made = sum(bool(game.developers) for game in there)
    for name, known in (("metacritic_score", scored), ("developers", made)):
        row = ("rawg", name, catalogue, len(there), known, known / len(there))
        tables["market_catalogue_coverage"].append(row)
    months = Counter(game.released_on.replace(day=1) for game in there if game.released_on)
    tables["market_release_months"] = [
        ("rawg", month, TODAY, n, 0) for month, n in sorted(months.items())
    ]
    ranked = sorted((game.users for game in there), reverse=True)
    for percent in range(1, 101):
        n = -(-len(ranked) * percent // 100)
        if n * 100 // len(ranked) == percent:
            shares = (n / len(ranked), sum(ranked[:n]) / sum(ranked), ranked[n - 1])
            tables["market_concentration"].append(("rawg", percent, n, *shares))
    for kind, mart in (
        ("platforms", "market_platform_share"),
        ("stores", "market_store_presence"),
    ):
        for name in sorted({name for game in there for name in getattr(game, kind)}):
            held = [game for game in there if name in getattr(game, kind)]
            users = sum(game.users for game in held)
            coverage = ("rawg", name, len(held), len(held) / len(there))
            alone = sum(getattr(game, kind) == (name,) for game in held) / len(held)
            everybody = sum(game.users for game in there)
            tables[mart].append(
                (*coverage, users / everybody) if kind == "platforms" else (*coverage, users, alone)
            )
    made_known = [game for game in there if game.publishers and game.developers]
    own = sum(bool(set(game.publishers) & set(game.developers)) for game in made_known)
    tables["market_self_publishing"] = [("rawg", len(made_known), own)] if made_known else []


def _tabulate_genres(tables: dict[str, Table], there: Sequence[Game]) -> None:
    genres = sorted({genre for game in there for genre in game.genres})
    for year in sorted({game.released_on.year for game in there if game.released_on}):
        of_year = [game for game in there if game.released_on and game.released_on.year == year]
        for n, genre in enumerate(genres):
            both = [game for game in of_year if genre in game.genres]
            counts = (len(both), len(of_year), sum(g.users for g in both))
            whole = sum(game.users for game in of_year)
            row = ("rawg", n, year, TODAY, year < TODAY.year, genre, *counts, whole)
            tables["market_genre_trend"].append(row)


def _tabulate_ranks(tables: dict[str, Table], there: Sequence[Game]) -> None:
    gains = [(g.users - g.users_before, g) for g in there if g.users_before is not None]
    for rank, (gained, game) in enumerate(sorted(gains, key=lambda one: -one[0]), 1):
        days = (TODAY - timedelta(days=2), TODAY, 2, False)
        tables["market_rising_games"].append(
            ("rawg", rank, game.name, game.slug, gained / 2, gained, game.users, *days)
        )
    coming = [game for game in there if game.released_on and game.released_on > TODAY]
    for rank, game in enumerate(sorted(coming, key=lambda g: -g.statuses.get("toplay", 0)), 1):
        wanted = (game.statuses.get("toplay"), game.users, game.released_on)
        tables["market_upcoming_games"].append(
            ("rawg", rank, game.name, game.slug, *wanted, False, False, game.moves, None)
        )
    for game in there:
        if game.critics is not None and game.ratings:
            players = game.rating * 20
            scores = (game.critics, players, players - game.critics, game.ratings)
            tables["market_critics_and_players"].append(
                ("rawg", game.game_id, game.name, game.slug, *scores)
            )
    companies = Counter[str]()
    for game in there:
        companies.update({name: game.users for name in game.publishers})
    for rank, (name, users) in enumerate(companies.most_common(), 1):
        games = sum(name in game.publishers for game in there)
        tables["market_publisher_leaderboard"].append(("rawg", rank, name, games, users, 0.5, None))


@dataclass(frozen=True)
class Home:
    """A lake in a folder, and the settings of a stage that reads it."""

    settings: Settings

    def publish(
        self, tables: Mapping[str, Table], without: Mapping[str, str] | None = None
    ) -> MartsPointer:
        """Puts each table as a Parquet file, then the pointer; `without`: a column by its mart."""
        lake = FolderLake.open(self.settings.lake_dir)
        lacks = without or {}
        models = {
            name: self._put(lake, name, rows, lacks.get(name)) for name, rows in tables.items()
        }
        pointer = MartsPointer(
            build_id=BUILD_ID, built_at=datetime(2024, 1, 4, 6, tzinfo=UTC), models=models
        )
        lake.replace(MartsPointerKey(target="dev"), pointer.model_dump_json().encode())
        return pointer

    def _put(self, lake: FolderLake, name: str, rows: Table, lacks: str | None) -> PublishedMart:
        file = self.settings.home / f"{name}.parquet"
        with duckdb.connect() as db:
            db.execute(f"create table mart ({COLUMNS[name]})")
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                db.executemany(f"insert into mart values ({marks})", rows)
            if lacks:
                db.execute(f"alter table mart drop column {lacks}")
            db.execute(f"copy mart to '{file}' (format parquet)")
        key, body = MartKey(build_id=BUILD_ID, model=name), file.read_bytes()
        lake.put_if_absent(key, body)
        digest = hashlib.sha256(body).hexdigest()
        file_of_all = PublishedFile(key=str(key), rows=len(rows), sha256=digest)
        return PublishedMart(files=(file_of_all,))


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
