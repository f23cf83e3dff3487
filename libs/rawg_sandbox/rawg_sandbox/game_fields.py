"""What list rows and details of a game say alike, computed from the game's values."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson

from rawg_sandbox.names import game_name, game_slug
from rawg_sandbox.traits import NO_DATE
from rawg_sandbox.vocabulary import RATING_TITLES, STATUSES, STORES

_FIRST_DAY: Final = date(1970, 1, 1)

_GRAPHICS: Final = ("Lumen 460", "Lumen 970", "Vega Pro 480", "Onyx 1060", "Onyx 2070", "Iris 630")
# RAWG's rating of a game that nobody rated comes as 0.0 and as 0.
_UNRATED: Final[tuple[Mapping[str, Any], ...]] = tuple(
    {
        "rating": zero,
        "rating_top": 0,
        "ratings": [],
        "ratings_count": 0,
        "reviews_text_count": 0,
    }
    for zero in (0.0, 0)
)
_REQUIREMENT_KINDS: Final = 36
_RENAMED: Final = ("{}", "{}: Enhanced Edition", "{} Remastered", "{} - Complete Edition")
_PROCESSORS: Final = ("dual core 2.4 GHz", "quad core 3.2 GHz", "six core 3.6 GHz")


class Game(NamedTuple):
    """One game at one moment, out of the columns."""

    position: int
    id: int
    updated: int
    added: int
    release_day: int
    tba: bool
    metacritic: int
    rating: int
    fives: int
    fours: int
    threes: int
    ones: int
    genre_mask: int
    platform_mask: int
    store_mask: int
    esrb: int
    rename_stage: int
    name_code: int
    is_double: bool
    popular: bool
    habit: int
    playtime: int
    statuses: list[int]

    @property
    def reviews_count(self) -> int:
        """All ratings, whoever gave them."""
        return self.fives + self.fours + self.threes + self.ones

    @property
    def ratings_count(self) -> int:
        """The ratings that RAWG counts: a few less than it lists."""
        return self.reviews_count * 97 // 100

    @property
    def suggestions_count(self) -> int:
        """How many games RAWG would suggest beside it."""
        return self.habit % 680 if self.popular else self.habit % 120


def rating_fields(game: Game) -> Mapping[str, Any]:
    """Return rating, rating_top, ratings, ratings_count and reviews_text_count, in this order."""
    total = game.reviews_count
    if not total:
        return _UNRATED[game.habit % 2]
    counts = zip((5, 4, 3, 1), (game.fives, game.fours, game.threes, game.ones), strict=True)
    given = sorted(((count, stars) for stars, count in counts if count), reverse=True)
    return {
        "rating": _short_number(game.rating),
        "rating_top": given[0][1],
        "ratings": [
            {
                "id": stars,
                "title": RATING_TITLES[stars],
                "count": count,
                "percent": _short_number((count * 10_000 + total // 2) // total),
            }
            for count, stars in given
        ],
        "ratings_count": game.ratings_count,
        "reviews_text_count": total // 110,
    }


def added_by_status(game: Game) -> dict[str, int] | None:
    """Return null, {} or a subset of the six statuses, as RAWG does."""
    if not game.added:
        return None
    if game.added < 3:
        return {"owned": game.added} if game.habit % 4 else {}
    counts = zip(STATUSES, game.statuses, strict=True)
    return {status: count for status, count in counts if count}


@lru_cache(maxsize=1 << 16)
def day_text(day: int) -> str | None:
    """Return a day (days since 1970) as `2024-01-31`, or nothing for an unknown one."""
    return None if day == NO_DATE else (_FIRST_DAY + timedelta(days=day)).isoformat()


def moment_text(seconds: int) -> str:
    """Return a moment as RAWG writes it: `2024-01-31T06:00:00`, UTC without saying so."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]


def store_link_id(game: Game, store_at: int) -> int:
    """Return the id of the game's entry in a store."""
    return game.id * 12 + STORES[store_at].id


def requirements(game: Game) -> dict[str, str] | None:
    """Return what a PC needs to play it; most of the long tail does not say."""
    if not game.popular and game.habit % 5:
        return None
    return _requirements(game.habit % _REQUIREMENT_KINDS)


def encoded_requirements(game: Game) -> bytes:
    """Return the same as JSON."""
    if not game.popular and game.habit % 5:
        return b"null"
    return _encoded_requirements(game.habit % _REQUIREMENT_KINDS)


@lru_cache(maxsize=_REQUIREMENT_KINDS)
def _encoded_requirements(kind: int) -> bytes:
    return orjson.dumps(_requirements(kind))


def _requirements(kind: int) -> dict[str, str]:
    graphics = _GRAPHICS[kind % len(_GRAPHICS)]
    processor = _PROCESSORS[kind % len(_PROCESSORS)]
    text = (
        "{}:OS: 64 bit, with all updatesProcessor: {}Memory: {} GB RAMGraphics: {}, with the "
        "newest driverDirectX: Version 11Network: Broadband Internet connectionStorage: {} GB "
        "available spaceSound Card: any that the operating system knowsAdditional Notes: a "
        "controller is recommended; later content may change these requirements."
    )
    size = 2 + kind
    minimum = text.format("Minimum", processor, 4 + kind % 3 * 2, graphics, size)
    if kind % 9 == 8:
        return {"minimum": minimum}
    return {
        "minimum": minimum,
        "recommended": text.format("Recommended", processor, 8 + kind % 3 * 4, graphics, size * 2),
    }


def title(game: Game) -> str:
    """Return the game's name now; edits rename games now and then, slugs stay."""
    return renamed(game.name_code, game.rename_stage)


def renamed(name_code: int, rename_stage: int) -> str:
    """Return the name that a game has after its last renaming."""
    return _RENAMED[rename_stage].format(game_name(name_code))


def slug(game: Game) -> str:
    """Return the slug; it is unique and never changes."""
    return game_slug(game.name_code, game.id if game.is_double else None)


def _short_number(hundredths: int) -> float:
    """Return 4.5 for 450 and the integer 5 for 500."""
    return hundredths / 100 if hundredths % 100 else hundredths // 100
