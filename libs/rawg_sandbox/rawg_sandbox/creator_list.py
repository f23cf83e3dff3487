"""/creators: people, with their roles, and in the details with all their games in figures."""

from typing import Any

from rawg_sandbox.dice import Ints
from rawg_sandbox.dimension import describe
from rawg_sandbox.fragments import background, picture, slim
from rawg_sandbox.group_lists import Group
from rawg_sandbox.traits import bits_set
from rawg_sandbox.vocabulary import CREATOR_ROLES, PARENT_PLATFORMS, PLATFORMS, RATING_TITLES, Named

_STARS = (5, 4, 3, 1)


class CreatorList(Group):
    """/creators."""

    kind = "creator"

    def named(self, at: int) -> Named:
        """Return the person."""
        return self.state.world.companies.creator(at)

    def row(self, at: int) -> dict[str, Any]:
        """Return a row of /creators."""
        person = self._person(at)
        games = self.top_games.of_item(self.membership, at)
        return {**person, "positions": self._positions_of(at), "games": games}

    def detail(self, at: int) -> dict[str, Any]:
        """Return /creators/{id}."""
        person = self._person(at)
        games_count = person.pop("games_count")
        games = self.membership.games_of(at)
        games = games[self.state.alive[games]]
        reviews = self.state.reviews[:, games].sum(axis=1).tolist()
        total = sum(reviews)
        points = sum(s * n for s, n in zip(_STARS, reviews, strict=True))
        return {
            **person,
            "description": describe(self.named(at).name),
            "games_count": games_count,
            "reviews_count": total,
            "rating": f"{points / total if total else 0:.2f}",
            "rating_top": 5 if total else 0,
            "updated": "2023-11-30T12:00:00",
            "positions": self._positions_of(at),
            "platforms": self._platforms_of(games),
            "ratings": _ratings(reviews),
            "timeline": self._timeline_of(games),
        }

    def _person(self, at: int) -> dict[str, Any]:
        person = self.named(at)
        return {
            **slim(person),
            "image": picture("persons", f"{person.id * 2654435761 % 2**64:032x}"),
            "image_background": background(self.kind, person.id),
            "games_count": int(self.counts[at]),
        }

    def _positions_of(self, at: int) -> list[dict[str, Any]]:
        roles = self.state.world.companies.creator_roles[at]
        return [slim(CREATOR_ROLES[role]) for role in roles]

    def _platforms_of(self, games: Ints) -> dict[str, Any]:
        families: dict[int, int] = {}
        for mask in self.state.world.traits.platform_mask[games].tolist():
            for parent in {PLATFORMS[at].parent for at in bits_set(mask)}:
                families[parent] = families.get(parent, 0) + 1
        total = sum(families.values())
        results: list[dict[str, Any]] = [
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

    def _timeline_of(self, games: Ints) -> list[dict[str, int]]:
        days = self.state.release_day[games]
        years = (days[days >= 0] * 400 // 146_097 + 1970).tolist()
        return [
            {"year": y, "count": years.count(y)} for y in range(1980, max(years, default=1979) + 1)
        ]


def _ratings(reviews: list[int]) -> list[dict[str, Any]]:
    total = sum(reviews)
    return [
        {
            "id": stars,
            "title": RATING_TITLES[stars],
            "count": count,
            "percent": round(count * 100 / total, 2),
        }
        for stars, count in zip(_STARS, reviews, strict=True)
        if count
    ]
