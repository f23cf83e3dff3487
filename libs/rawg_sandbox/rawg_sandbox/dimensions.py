"""All endpoints beside /games at one moment, by one table of their keys.

Items have positions in a fixed order; what is said of them depends on the state. Rows that a move
inserted have positions from INSERTED on.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final, Protocol

import numpy as np
import orjson

from rawg_sandbox.companies import Numbered
from rawg_sandbox.dice import Ints
from rawg_sandbox.game_fields import renamed, star_counts
from rawg_sandbox.membership import Mask, Membership
from rawg_sandbox.moves import NO_MOVES, Moves
from rawg_sandbox.pictures import background, picture
from rawg_sandbox.traits import bits_set
from rawg_sandbox.vocabulary import (
    CREATOR_ROLES,
    GENRES,
    PARENT_PLATFORMS,
    PLATFORMS,
    STORES,
    TAGS,
    Item,
)
from rawg_sandbox.world import State

type Fields = dict[str, Any]

SLIM: Final = "id name slug"
_COUNTED: Final = "id name slug games_count image_background"
# Keys in the order of recorded responses: inside a game, in the list, in the item's own answer.
SHAPES: Final[Mapping[str, tuple[str, str, str]]] = {
    "genres": (_COUNTED, f"{_COUNTED} games", f"{_COUNTED} description"),
    "platforms": (
        "id name slug image year_end year_start games_count image_background",
        f"{_COUNTED} image year_start year_end games",
        f"{_COUNTED} description image year_start year_end",
    ),
    "platforms/lists/parents": (SLIM, f"{SLIM} platforms", ""),
    "stores": (
        "id name slug domain games_count image_background",
        "id name domain slug games_count image_background games",
        "id name domain slug games_count image_background description",
    ),
    "developers": (_COUNTED, f"{_COUNTED} games", f"{_COUNTED} description"),
    "publishers": (_COUNTED, f"{_COUNTED} games", f"{_COUNTED} description"),
    "tags": (
        "id name slug language games_count image_background",
        f"{_COUNTED} language games",
        f"{_COUNTED} description",
    ),
    "creators": (
        "",
        "id name slug image image_background games_count positions games",
        "id name slug image image_background description games_count reviews_count rating "
        "rating_top updated positions platforms ratings timeline",
    ),
    "creator-roles": (SLIM, SLIM, ""),
}
# Above all ids that a catalogue of any size has.
INSERTED: Final = 100_000_000
_NOTHING: Final = {"games_count": 0, "games": []}
_TOP_GAMES: Final = 6


class Items(Protocol):
    """Items by their positions."""

    def __len__(self) -> int: ...

    def __getitem__(self, at: int, /) -> Item: ...


class Dimension:
    """One endpoint's items: a vocabulary in its own order."""

    def __init__(
        self,
        state: State,
        endpoint: str,
        items: Items,
        games: Membership | Ints | None = None,
    ) -> None:
        """`games`: who has which item, as pairs or as a column of bit masks."""
        self.state = state
        self.items = items
        self.games = games
        self.in_game, self.in_list, self.alone = SHAPES[endpoint]
        self._kind = endpoint.removesuffix("s")

    def order(self) -> Sequence[int]:
        return range(len(self.items))

    def find(self, key: str) -> int | None:
        return self._positions.get(key)

    @cached_property
    def _positions(self) -> dict[str, int]:
        items = map(self.items.__getitem__, range(len(self.items)))
        keys = ((str(item.id), item.slug) for item in items)
        return {key: at for at, both in enumerate(keys) for key in both}

    @cached_property
    def counts(self) -> list[int]:
        """How many games each item has now."""
        if isinstance(self.games, Membership):
            counts: list[int] = self.games.count(self.state.alive).tolist()
            return counts
        assert self.games is not None
        living = self.games[self.state.alive]
        return [int(np.count_nonzero(living >> at & 1)) for at in range(len(self.items))]

    def having(self, at: int) -> Mask:
        """Return which games have an item, dead or alive."""
        if isinstance(self.games, Membership):
            mask = np.zeros(self.state.world.population.size, dtype=np.bool_)
            mask[self.games.games_of(at)] = True
            return mask
        assert self.games is not None
        return (self.games >> at & 1).astype(np.bool_)

    def most_wanted(self, at: int) -> Ints:
        """Return the living games that have an item, the most wanted first."""
        if isinstance(self.games, Membership):
            games = self.games.games_of(at)
            games = games[self.state.alive[games]]
            return games[np.argsort(-self.state.added[games], kind="stable")]
        assert self.games is not None
        ordered = self.state.by_added
        return ordered[(self.games[ordered] >> at & 1).astype(np.bool_)]

    def fields(self, at: int, keys: str) -> Fields:
        """Return an item's values of these keys, in their order."""
        return {key: self.value(at, key) for key in keys.split()}

    def value(self, at: int, key: str) -> Any:  # noqa: ANN401 - what JSON can hold
        item = self.items[at]
        match key:
            case "games_count":
                return self.counts[at]
            case "image_background":
                return background(self._kind, item.id)
            case "games":
                return [self._game(game) for game in self.most_wanted(at)[:_TOP_GAMES].tolist()]
            case "description":
                return (
                    f"<p>{item.name} is an entry of the sandbox's catalogue. "
                    "It is invented for tests.</p>"
                )
            case "image" | "year_end":
                return None
        return getattr(item, key)

    def _game(self, game: int) -> Fields:
        population = self.state.world.population
        return {
            "id": int(population.ids[game]),
            "slug": population.slug(game),
            "name": renamed(int(population.name_codes[game]), int(self.state.rename_stage[game])),
            "added": int(self.state.added[game]),
        }


class Tags(Dimension):
    """/tags, the most wanted first."""

    def order(self) -> Sequence[int]:
        assert isinstance(self.games, Membership)
        wanted = self.games.total(np.where(self.state.alive, self.state.added, 0))
        order: list[int] = np.argsort(-wanted, kind="stable").tolist()
        return order

    def value(self, at: int, key: str) -> Any:  # noqa: ANN401
        return "" if key == "description" else super().value(at, key)


class Group(Tags):
    """/developers, /publishers, /creators: too many to look at each for an id."""

    items: Numbered

    def find(self, key: str) -> int | None:
        return self.items.find(int(key)) if key.isdecimal() else self._positions.get(key)

    def value(self, at: int, key: str) -> Any:  # noqa: ANN401
        return Dimension.value(self, at, key)


class Creators(Group):
    """/creators: people, with their roles, and in the details with all their games in figures."""

    def value(self, at: int, key: str) -> Any:  # noqa: ANN401
        match key:
            case "image":
                return picture("persons", f"{self.items[at].id * 2654435761 % 2**64:032x}")
            case "positions":
                roles = self.state.world.companies.creator_roles[at]
                return [slim(CREATOR_ROLES[role]) for role in roles]
            case "updated":
                return "2023-11-30T12:00:00"
            case "platforms" | "timeline":
                games = np.sort(self.most_wanted(at))
                return self._platforms(games) if key == "platforms" else self._timeline(games)
            case "reviews_count" | "rating" | "rating_top" | "ratings":
                return self._rating(at)[key]
        return super().value(at, key)

    def _rating(self, at: int) -> Fields:
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

    def _platforms(self, games: Ints) -> Fields:
        families: dict[int, int] = {}
        for mask in self.state.world.traits.platform_mask[games].tolist():
            for parent in {PLATFORMS[at].parent for at in bits_set(mask)}:
                families[parent] = families.get(parent, 0) + 1
        total = sum(families.values())
        results: list[Fields] = [
            {
                "count": families[parent.id],
                "percent": round(families[parent.id] * 100 / total, 2),
                "platform": slim(parent),
            }
            for parent in PARENT_PLATFORMS
            if parent.id in families
        ]
        results.sort(key=lambda result: -families[result["platform"]["id"]])
        return {"total": len(games), "results": results, "count": len(results)}

    def _timeline(self, games: Ints) -> list[dict[str, int]]:
        days = self.state.release_day[games]
        years = (days[days >= 0] * 400 // 146_097 + 1970).tolist()
        last = max(years, default=1979)
        return [{"year": year, "count": years.count(year)} for year in range(1980, last + 1)]


class ParentPlatforms(Dimension):
    """/platforms/lists/parents: families with their platforms."""

    def __init__(self, state: State, platforms: Dimension) -> None:
        super().__init__(state, "platforms/lists/parents", PARENT_PLATFORMS)
        self._platforms = platforms

    def value(self, at: int, key: str) -> Any:  # noqa: ANN401
        if key != "platforms":
            return super().value(at, key)
        keys = self._platforms.in_list.removesuffix(" games")
        return [
            self._platforms.fields(member, keys)
            for member, platform in enumerate(PLATFORMS)
            if platform.parent == self.items[at].id
        ]


class Dimensions:
    """The endpoints by name; rows are encoded once."""

    def __init__(self, state: State, moves: Mapping[str, Moves]) -> None:
        traits, companies = state.world.traits, state.world.companies
        platforms = Dimension(state, "platforms", PLATFORMS, traits.platform_mask)
        groups = {
            "developers": Group(
                state, "developers", companies.developer_names, companies.developers
            ),
            "publishers": Group(
                state, "publishers", companies.publisher_names, companies.publishers
            ),
            "creators": Creators(state, "creators", companies.creator_names, companies.creators),
        }
        self.by_endpoint: dict[str, Dimension] = {
            "genres": Dimension(state, "genres", GENRES, state.genre_mask),
            "platforms": platforms,
            "platforms/lists/parents": ParentPlatforms(state, platforms),
            "stores": Dimension(state, "stores", STORES, traits.store_mask),
            "tags": Tags(state, "tags", TAGS, traits.tags),
            "creator-roles": Dimension(state, "creator-roles", CREATOR_ROLES),
            **groups,
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
            return dimension.fields(at, dimension.in_list)
        number = at - INSERTED + 1
        named = {"id": at, "name": f"Inserted {number}", "slug": f"inserted-{number}"}
        row = dimension.fields(dimension.order()[0], dimension.in_list) | named
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
        return orjson.dumps(dimension.fields(at, dimension.alone))

    def in_game(self, endpoint: str, game: int) -> list[Fields]:
        """Return a game's items of a group (developers, publishers, tags) as its details show them."""
        dimension = self.by_endpoint[endpoint]
        assert isinstance(dimension.games, Membership)
        items = dimension.games.items_of(game)
        return [dimension.fields(at, dimension.in_game) for at in items]


def slim(item: Item) -> Fields:
    """Return id, name and slug of anything that has them."""
    return {"id": item.id, "name": item.name, "slug": item.slug}
