"""What list rows and details of a game say alike, computed from the game's values."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from rawg_sandbox.names import game_name, game_slug
from rawg_sandbox.traits import NO_DATE
from rawg_sandbox.vocabulary import RATING_TITLES, STATUSES, STORES, WORDS

_FIRST_DAY: Final = date(1970, 1, 1)
_REQUIREMENT_KINDS: Final = 36


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
    reviews: list[int]
    statuses: list[int]
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

    @property
    def name(self) -> str:
        """Edits rename games now and then."""
        return renamed(self.name_code, self.rename_stage)

    @property
    def slug(self) -> str:
        """It is unique and never changes."""
        return game_slug(self.name_code, self.id if self.is_double else None)

    def facts(self) -> dict[str, Any]:
        """Return what all three shapes say of it."""
        return {
            "id": self.id,
            "slug": self.slug,
            "name": self.name,
            "released": day_text(self.release_day),
            "tba": self.tba,
            "added": self.added,
            "added_by_status": self._added_by_status(),
            "metacritic": self.metacritic or None,
            "playtime": self.playtime,
            "suggestions_count": self.habit % (680 if self.popular else 120),
            "updated": moment_text(self.updated),
            "reviews_count": sum(self.reviews),
            **WORDS["same_of_all_games"],
            **self._ratings(),
        }

    def _ratings(self) -> dict[str, Any]:
        total = sum(self.reviews)
        given = sorted(star_counts(self.reviews), key=lambda stars: (-stars["count"], -stars["id"]))
        for stars in given:
            stars["percent"] = _short_number((stars["count"] * 10_000 + total // 2) // total)
        # RAWG's rating of a game that nobody rated comes as 0.0 and as 0.
        unrated = (0.0, 0)[self.habit % 2]
        return {
            "rating": _short_number(self.rating) if total else unrated,
            "rating_top": given[0]["id"] if given else 0,
            "ratings": given,
            # RAWG counts a few less than it lists.
            "ratings_count": total * 97 // 100,
            "reviews_text_count": total // 110,
        }

    def _added_by_status(self) -> dict[str, int] | None:
        """Return null, {} or a subset of the six statuses, as RAWG does."""
        if not self.added:
            return None
        if self.added < 3:
            return {"owned": self.added} if self.habit % 4 else {}
        counts = zip(STATUSES, self.statuses, strict=True)
        return {status: count for status, count in counts if count}

    def requirements(self) -> dict[str, str] | None:
        """Return what a PC needs to play it; most of the long tail does not say."""
        says = self.popular or self.habit % 5 == 0
        return _requirements(self.habit % _REQUIREMENT_KINDS) if says else None

    def store_link_id(self, store_at: int) -> int:
        return self.id * 12 + STORES[store_at].id


def star_counts(reviews: Iterable[int]) -> list[dict[str, Any]]:
    """Return RAWG's entries for the numbers of those who gave 5, 4, 3 and 1."""
    return [
        {"id": stars, "title": title, "count": count}
        for (stars, title), count in zip(RATING_TITLES.items(), reviews, strict=True)
        if count
    ]


def renamed(name_code: int, rename_stage: int) -> str:
    """Return the name that a game has after its last renaming."""
    return str(WORDS["renamed"][rename_stage].format(game_name(name_code)))


@lru_cache(maxsize=1 << 16)
def day_text(day: int) -> str | None:
    """Return a day (days since 1970) as `2024-01-31`, or nothing for an unknown one."""
    return None if day == NO_DATE else (_FIRST_DAY + timedelta(days=day)).isoformat()


def moment_text(seconds: int) -> str:
    """Return a moment as RAWG writes it: `2024-01-31T06:00:00`, UTC without saying so."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]


@lru_cache(maxsize=_REQUIREMENT_KINDS)
def _requirements(kind: int) -> dict[str, str]:
    graphics, processors, text = (WORDS[one] for one in ("graphics", "processors", "requirements"))
    card, processor = graphics[kind % len(graphics)], processors[kind % len(processors)]
    memory, size = kind % 3 * 2, 2 + kind
    minimum = text.format("Minimum", processor, 4 + memory, card, size)
    if kind % 9 == 8:
        return {"minimum": minimum}
    recommended = text.format("Recommended", processor, 8 + 2 * memory, card, size * 2)
    return {"minimum": minimum, "recommended": recommended}


def _short_number(hundredths: int) -> float:
    """Return 4.5 for 450 and the integer 5 for 500."""
    return hundredths / 100 if hundredths % 100 else hundredths // 100
