"""The third shape of a game: /games/{id or slug}, the only one with developers and publishers."""

from typing import Any

import orjson

from rawg_sandbox.dimensions import Dimensions
from rawg_sandbox.fragments import picture, platform_fields, store_fields
from rawg_sandbox.game_fields import (
    Game,
    added_by_status,
    day_text,
    moment_text,
    rating_fields,
    requirements,
    slug,
    store_link_id,
    title,
)
from rawg_sandbox.game_rows import GameRows
from rawg_sandbox.group_lists import Group
from rawg_sandbox.names import game_name, slugify
from rawg_sandbox.traits import bits_set
from rawg_sandbox.vocabulary import PLATFORMS

_STORY = (
    "{name} is an invented game of the sandbox's catalogue. It tells of a long way home, of "
    "friends found and machines repaired, and of what grows where nobody looks.",
    "Explore by day and build by night; every choice is remembered by somebody.",
    "Hours of play for one, and more for those who share a sofa or a server.",
)


class GameDetails:
    """Details of one state's games."""

    def __init__(self, rows: GameRows, dimensions: Dimensions) -> None:
        """Share pictures, names and pieces with the list rows."""
        self._rows = rows
        self._state = rows.state
        self._population = rows.population
        self._dimensions = dimensions

    def find(self, key: str) -> bytes | None:
        """Return the body for an id or slug: the game, the redirect of a merged one, or nothing
        (404) for one that is deleted or was never there."""
        game = self._population.find(key)
        if game is None:
            return None
        if self._state.listed[game]:
            return self.encode(game)
        if game in self._state.moves.deleted:
            return None
        if self._population.created[game] > self._state.moment:
            return None
        target = int(self._population.merged_into[game])
        if target < 0:
            return None
        return orjson.dumps({"redirect": True, "slug": self._population.slug(target)})

    def encode(self, index: int) -> bytes:
        """Return a listed game's details."""
        return orjson.dumps(self._fields(self._rows.read([index])[0]))

    def _fields(self, game: Game) -> dict[str, Any]:
        name = title(game)
        digits = self._rows.digits(game.position)
        paragraphs = [part.format(name=name) for part in _STORY]
        return {
            "id": game.id,
            "slug": slug(game),
            "name": name,
            "name_original": game_name(game.name_code),
            "description": "\n".join(f"<p>{part}</p>" for part in paragraphs),
            "metacritic": game.metacritic or None,
            "metacritic_platforms": self._platform_scores(game),
            "released": day_text(game.release_day),
            "tba": game.tba,
            "updated": moment_text(game.updated),
            "background_image": self._rows.background(game, digits),
            "background_image_additional": (
                picture("screenshots", digits[32:64]) if game.popular else None
            ),
            "website": self._website(game),
            **self._counters(game),
            "user_game": None,
            "reviews_count": game.reviews_count,
            "saturated_color": "0f0f0f",
            "dominant_color": "0f0f0f",
            **self._relations(game),
            "clip": None,
            "description_raw": "\n".join(paragraphs),
        }

    def _counters(self, game: Game) -> dict[str, Any]:
        ratings = dict(rating_fields(game))
        reviews_text_count = ratings.pop("reviews_text_count")
        ratings_count = ratings.pop("ratings_count")
        habit, popular = game.habit, game.popular
        return {
            **ratings,
            "reactions": self._reactions(game),
            "added": game.added,
            "added_by_status": added_by_status(game),
            "playtime": game.playtime,
            "screenshots_count": 6 if popular else habit % 7,
            "movies_count": habit % 4 if popular else 0,
            "creators_count": self._creators_count(game),
            "achievements_count": habit % 300 if popular else 0,
            "parent_achievements_count": habit % 300 // 4 if popular else 0,
            "reddit_url": "",
            "reddit_name": "",
            "reddit_description": "",
            "reddit_logo": "",
            "reddit_count": habit % 900 if popular else 0,
            "twitch_count": habit % 120 if popular else 0,
            "youtube_count": habit * 7 % 1_000_001 if popular else 0,
            "reviews_text_count": reviews_text_count,
            "ratings_count": ratings_count,
            "suggestions_count": game.suggestions_count,
            "alternative_names": self._alternative_names(game),
            "metacritic_url": "",
            "parents_count": 0,
            "additions_count": habit % 5 // 3 if popular else 0,
            "game_series_count": habit % 9 if popular else 0,
        }

    def _relations(self, game: Game) -> dict[str, Any]:
        fragments = self._rows.fragments
        return {
            "parent_platforms": fragments.parent_platforms(game.platform_mask),
            "platforms": [self._platform(game, at) for at in bits_set(game.platform_mask)],
            "stores": [
                {"id": store_link_id(game, at), "url": "", "store": store_fields(self._state, at)}
                for at in bits_set(game.store_mask)
            ],
            "developers": self._companies("developers", game),
            "genres": fragments.genres[game.genre_mask],
            "tags": self._rows.tags(game, english_only=True) or [],
            "publishers": self._companies("publishers", game),
            "esrb_rating": fragments.esrb[game.esrb],
        }

    def _platform(self, game: Game, at: int) -> dict[str, Any]:
        return {
            "platform": platform_fields(self._state, at),
            "released_at": day_text(game.release_day),
            "requirements": self._requirements(game, at),
        }

    def _requirements(self, game: Game, at: int) -> dict[str, str] | None:
        """Return {} for what needs nothing said, and sometimes null."""
        if at == 0:
            return requirements(game) or {}
        return None if game.habit % 53 == at else {}

    def _companies(self, endpoint: str, game: Game) -> list[dict[str, Any]]:
        group = self._dimensions.by_endpoint[endpoint]
        assert isinstance(group, Group)
        return [group.fields(at) for at in group.membership.items_of(game.position)]

    def _creators_count(self, game: Game) -> int:
        return len(self._state.world.companies.creators.items_of(game.position))

    def _platform_scores(self, game: Game) -> list[dict[str, Any]]:
        """Return scores by platform around the game's own; the platform's id has a key of its
        own kind here."""
        if not game.metacritic:
            return []
        return [
            {
                "metascore": min(100, game.metacritic + (game.habit + at) % 5 - 2),
                "url": _score_address(game, at),
                "platform": {
                    "platform": PLATFORMS[at].id,
                    "name": PLATFORMS[at].name,
                    "slug": PLATFORMS[at].slug,
                },
            }
            for at in bits_set(game.platform_mask)[: game.habit % 4]
        ]

    def _website(self, game: Game) -> str:
        if not game.popular and game.habit % 3:
            return ""
        return f"https://{slugify(game_name(game.name_code))}.example/"

    def _alternative_names(self, game: Game) -> list[str]:
        if not game.popular or game.habit % 3:
            return []
        words = game_name(game.name_code).split()
        return ["".join(word[0] for word in words)]

    def _reactions(self, game: Game) -> dict[str, int] | None:
        if not game.reviews_count:
            return None
        kinds = range(1, 2 + game.habit % 12)
        return {str(kind): 1 + (game.habit >> kind) % 30 for kind in kinds}


def _score_address(game: Game, at: int) -> str | None:
    if game.habit % 29 == at:
        return None
    return f"https://metacritic.example/game/{PLATFORMS[at].slug}/{slug(game)}"
