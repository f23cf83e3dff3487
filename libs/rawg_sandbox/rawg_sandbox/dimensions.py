"""All endpoints beside /games at one moment.

Items have positions in a fixed order; what is said of them depends on the state. Rows that a move
inserted have positions from INSERTED on.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, Protocol

import numpy as np
import orjson

from rawg_sandbox.companies import Numbered
from rawg_sandbox.dice import Ints
from rawg_sandbox.game_fields import renamed, star_counts
from rawg_sandbox.membership import Membership
from rawg_sandbox.moves import NO_MOVES, Moves
from rawg_sandbox.pictures import background, picture
from rawg_sandbox.traits import bits_set
from rawg_sandbox.vocabulary import (
    CREATOR_ROLES,
    GENRES,
    PARENT_PLATFORMS,
    PLATFORMS,
    SHAPES,
    STORES,
    TAGS,
    Item,
)
from rawg_sandbox.world import State

type Fields = dict[str, Any]
type Value = Callable[["Dimension", int], Any]

# Above all ids that a catalogue of any size has.
INSERTED: Final = 100_000_000
_NOTHING: Final = {"games_count": 0, "games": []}
_TOP_GAMES: Final = 6
_DESCRIPTION: Final = "<p>{} is an entry of the sandbox's catalogue. It is invented for tests.</p>"


class Items(Protocol):
    """Items by their positions."""

    def __len__(self) -> int: ...

    def __getitem__(self, at: int, /) -> Item: ...


class Dimension:
    """One endpoint's items at a moment."""

    def __init__(
        self, state: State, endpoint: str, items: Items, games: Membership | Ints | None
    ) -> None:
        """`games`: who has which item, as pairs or as a column of bit masks."""
        self.state = state
        self.items = items
        self.games = games
        self.shapes = SHAPES[endpoint]
        self._kind = endpoint.removesuffix("s")
        self._values = {**_VALUES, **_OWN_VALUES.get(endpoint, {})}

    def order(self) -> Sequence[int]:
        """Return the positions in the list's order: the vocabulary's, or the most wanted first."""
        if not isinstance(self.games, Membership):
            return range(len(self.items))
        wanted = self.games.total(np.where(self.state.alive, self.state.added, 0))
        order: list[int] = np.argsort(-wanted, kind="stable").tolist()
        return order

    def find(self, key: str) -> int | None:
        """Return the position of an id or slug."""
        if key.isdecimal() and isinstance(self.items, Numbered):
            return self.items.find(int(key))  # too many to look at each
        return self._positions.get(key)

    @cached_property
    def _positions(self) -> dict[str, int]:
        items = map(self.items.__getitem__, range(len(self.items)))
        keys = ((str(item.id), item.slug) for item in items)
        return {key: at for at, both in enumerate(keys) for key in both}

    def games_of(self, at: int) -> Ints:
        """Return the games that have an item, dead or alive, by ascending index."""
        assert self.games is not None
        if isinstance(self.games, Membership):
            return self.games.games_of(at)
        return np.flatnonzero(self.games >> at & 1)

    @cached_property
    def counts(self) -> list[int]:
        """How many games each item has now."""
        if isinstance(self.games, Membership):
            counts: list[int] = self.games.count(self.state.alive).tolist()
            return counts
        return [
            int(np.count_nonzero(self.state.alive[self.games_of(at)]))
            for at in range(len(self.items))
        ]

    def most_wanted(self, at: int) -> Ints:
        """Return the living games that have an item, the most wanted first."""
        games = self.games_of(at)
        games = games[self.state.alive[games]]
        return games[np.argsort(-self.state.added[games], kind="stable")]

    def fields(self, at: int, shape: str) -> Fields:
        """Return an item as it stands `in_game`, `in_list` or `alone`."""
        return {key: self._value(at, key) for key in self.shapes[shape]}

    @cached_property
    def encoded(self) -> list[bytes]:
        """The items as games show them; for small vocabularies."""
        return [orjson.dumps(self.fields(at, "in_game")) for at in range(len(self.items))]

    def _value(self, at: int, key: str) -> Any:  # noqa: ANN401 - what JSON can hold
        value = self._values.get(key)
        return value(self, at) if value else getattr(self.items[at], key)

    def background(self, at: int) -> str:
        return background(self._kind, self.items[at].id)

    def top_games(self, at: int) -> list[Fields]:
        population, stage = self.state.world.population, self.state.rename_stage
        return [
            {
                "id": int(population.ids[game]),
                "slug": population.slug(game),
                "name": renamed(int(population.name_codes[game]), int(stage[game])),
                "added": int(self.state.added[game]),
            }
            for game in self.most_wanted(at)[:_TOP_GAMES].tolist()
        ]

    def members(self, at: int) -> list[Fields]:
        """Return the platforms of a family."""
        traits = self.state.world.traits
        platforms = Dimension(self.state, "platforms", PLATFORMS, traits.platform_mask)
        rows = [
            platforms.fields(member, "in_list")
            for member, platform in enumerate(PLATFORMS)
            if platform.parent == self.items[at].id
        ]
        return [{key: row[key] for key in row if key != "games"} for row in rows]

    def roles(self, at: int) -> list[Fields]:
        roles = self.state.world.companies.creator_roles[at]
        return [slim(CREATOR_ROLES[role]) for role in roles]

    def rating(self, at: int) -> Fields:
        """Return what people think of all games of a creator."""
        reviews = self.state.reviews[:, self.most_wanted(at)].sum(axis=1).tolist()
        total = sum(reviews)
        points = sum(stars * count for stars, count in zip((5, 4, 3, 1), reviews, strict=True))
        return {
            "reviews_count": total,
            "rating": f"{points / total if total else 0:.2f}",
            "rating_top": 5 if total else 0,
            "ratings": [
                stars | {"percent": round(stars["count"] * 100 / total, 2)}
                for stars in star_counts(reviews)
            ],
        }

    def families(self, at: int) -> Fields:
        """Return on how many games of a creator each family of platforms is."""
        games = self.most_wanted(at)
        families: Counter[int] = Counter()
        for mask in self.state.world.traits.platform_mask[games].tolist():
            families.update({PLATFORMS[bit].parent for bit in bits_set(mask)})
        results: list[Fields] = [
            {
                "count": families[parent.id],
                "percent": round(families[parent.id] * 100 / families.total(), 2),
                "platform": slim(parent),
            }
            for parent in PARENT_PLATFORMS
            if parent.id in families
        ]
        results.sort(key=lambda result: -result["count"])
        return {"total": len(games), "results": results, "count": len(results)}

    def timeline(self, at: int) -> list[dict[str, int]]:
        """Return how many games of a creator came out in each year."""
        days = self.state.release_day[self.most_wanted(at)]
        years = (days[days >= 0] * 400 // 146_097 + 1970).tolist()
        last = max(years, default=1979)
        return [{"year": year, "count": years.count(year)} for year in range(1980, last + 1)]


# What is said of an item beside its own fields; and of some endpoints' items in another way.
_VALUES: Final[Mapping[str, Value]] = {
    "games_count": lambda one, at: one.counts[at],
    "image_background": Dimension.background,
    "games": Dimension.top_games,
    "description": lambda one, at: _DESCRIPTION.format(one.items[at].name),
    "image": lambda one, at: None,
    "year_end": lambda one, at: None,
}
_OWN_VALUES: Final[Mapping[str, Mapping[str, Value]]] = {
    "tags": {"description": lambda one, at: ""},
    "platforms/lists/parents": {"platforms": Dimension.members},
    "creators": {
        "image": lambda one, at: picture(
            "persons", f"{one.items[at].id * 2654435761 % 2**64:032x}"
        ),
        "positions": Dimension.roles,
        "updated": lambda one, at: "2023-11-30T12:00:00",
        "platforms": Dimension.families,
        "timeline": Dimension.timeline,
        "reviews_count": lambda one, at: one.rating(at)["reviews_count"],
        "rating": lambda one, at: one.rating(at)["rating"],
        "rating_top": lambda one, at: one.rating(at)["rating_top"],
        "ratings": lambda one, at: one.rating(at)["ratings"],
    },
}


class Dimensions:
    """The endpoints by name; rows are encoded once."""

    def __init__(self, state: State, moves: Mapping[str, Moves]) -> None:
        traits, companies = state.world.traits, state.world.companies
        tables: dict[str, tuple[Items, Membership | Ints | None]] = {
            "genres": (GENRES, state.genre_mask),
            "platforms": (PLATFORMS, traits.platform_mask),
            "platforms/lists/parents": (PARENT_PLATFORMS, None),
            "stores": (STORES, traits.store_mask),
            "tags": (TAGS, traits.tags),
            "developers": (companies.developer_names, companies.developers),
            "publishers": (companies.publisher_names, companies.publishers),
            "creators": (companies.creator_names, companies.creators),
            "creator-roles": (CREATOR_ROLES, None),
        }
        self.by_endpoint = {
            endpoint: Dimension(state, endpoint, *table) for endpoint, table in tables.items()
        }
        self._moves = moves
        self._orders: dict[str, Sequence[int]] = {}
        self._rows: dict[tuple[str, int], bytes] = {}

    def order(self, endpoint: str) -> Sequence[int]:
        """Return the endpoint's positions in the order of its list, as moved by now."""
        if endpoint not in self._orders:
            self._orders[endpoint] = self.order_after(endpoint, self.moves_of(endpoint))
        return self._orders[endpoint]

    def order_after(self, endpoint: str, moves: Moves) -> list[int]:
        """Return the endpoint's positions as these moves leave them."""
        kept = [*self.by_endpoint[endpoint].order(), *moves.inserted]
        return moves.arrange_rows(endpoint, [at for at in kept if at not in moves.deleted])

    def moves_of(self, endpoint: str) -> Moves:
        return self._moves.get(endpoint, NO_MOVES)

    def fields(self, endpoint: str, at: int) -> Fields:
        """Return one row; one that a move inserted is like the first, with nothing in it."""
        dimension = self.by_endpoint[endpoint]
        if at < INSERTED:
            return dimension.fields(at, "in_list")
        number = at - INSERTED + 1
        named = {"id": at, "name": f"Inserted {number}", "slug": f"inserted-{number}"}
        row = dimension.fields(dimension.order()[0], "in_list") | named
        return row | {key: value for key, value in _NOTHING.items() if key in row}

    def row(self, endpoint: str, at: int) -> bytes:
        row = self._rows.get((endpoint, at))
        if row is None:
            row = self._rows[endpoint, at] = orjson.dumps(self.fields(endpoint, at))
        return row

    def detail(self, endpoint: str, key: str) -> bytes | None:
        """Return the body of the item with this id or slug, or nothing (a 404)."""
        dimension = self.by_endpoint[endpoint]
        at = dimension.find(key)
        if at is None or at in self.moves_of(endpoint).deleted:
            return None
        return orjson.dumps(dimension.fields(at, "alone"))

    def in_game(self, endpoint: str, game: int) -> list[Fields]:
        """Return a game's items of a group (developers, publishers, tags) as its details show them."""
        dimension = self.by_endpoint[endpoint]
        assert isinstance(dimension.games, Membership)
        return [dimension.fields(at, "in_game") for at in dimension.games.items_of(game)]


def slim(item: Item) -> Fields:
    """Return id, name and slug of anything that has them."""
    return {"id": item.id, "name": item.name, "slug": item.slug}
