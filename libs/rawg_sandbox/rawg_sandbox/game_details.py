"""The third shape of a game: /games/{id or slug}, the only one with developers and publishers."""

from typing import Any

import orjson

from rawg_sandbox import fragments
from rawg_sandbox.dimensions import Dimensions, slim
from rawg_sandbox.game_fields import Game, day_text
from rawg_sandbox.game_rows import GameRows
from rawg_sandbox.names import game_name, slugify
from rawg_sandbox.pictures import picture
from rawg_sandbox.traits import bits_set
from rawg_sandbox.vocabulary import PLATFORMS, SHAPES, WORDS


class GameDetails:
    """Details of one state's games."""

    def __init__(self, rows: GameRows, dimensions: Dimensions) -> None:
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
        is_born = self._population.created[game] <= self._state.moment
        target = int(self._population.merged_into[game])
        if not is_born or target < 0 or game in self._state.moves.deleted:
            return None
        return orjson.dumps({"redirect": True, "slug": self._population.slug(target)})

    def encode(self, index: int) -> bytes:
        (game,) = self._rows.read([index])
        values = game.facts() | self._texts(game) | self._counts(game) | self._relations(game)
        return orjson.dumps({key: values[key] for key in SHAPES["games"]["alone"]})

    def _texts(self, game: Game) -> dict[str, Any]:
        original = game_name(game.name_code)
        paragraphs = [part.format(name=game.name) for part in WORDS["story"]]
        has_website = game.popular or game.habit % 3 == 0
        has_other_name = game.popular and game.habit % 3 == 0
        second_picture = picture("screenshots", self._rows.digits(game)[32:64])
        return {
            "name_original": original,
            "description": "\n".join(f"<p>{part}</p>" for part in paragraphs),
            "description_raw": "\n".join(paragraphs),
            "background_image": self._rows.background(game),
            "background_image_additional": second_picture if game.popular else None,
            "website": f"https://{slugify(original)}.example/" if has_website else "",
            "alternative_names": (
                ["".join(word[0] for word in original.split())] if has_other_name else []
            ),
            "metacritic_platforms": self._platform_scores(game),
        }

    def _counts(self, game: Game) -> dict[str, Any]:
        habit, popular = game.habit, game.popular
        creators = self._state.world.companies.creators.items_of(game.position)
        kinds = range(1, 2 + habit % 12)
        reactions = {str(kind): 1 + (habit >> kind) % 30 for kind in kinds}
        of_popular = {
            "movies_count": habit % 4,
            "achievements_count": habit % 300,
            "parent_achievements_count": habit % 300 // 4,
            "reddit_count": habit % 900,
            "twitch_count": habit % 120,
            "youtube_count": habit * 7 % 1_000_001,
            "additions_count": habit % 5 // 3,
            "game_series_count": habit % 9,
        }
        return {
            **{name: count if popular else 0 for name, count in of_popular.items()},
            "screenshots_count": 6 if popular else habit % 7,
            "creators_count": len(creators),
            "reactions": reactions if sum(game.reviews) else None,
        }

    def _relations(self, game: Game) -> dict[str, Any]:
        of = self._dimensions.by_endpoint
        platforms, stores = (of[name].encoded for name in ("platforms", "stores"))
        return {
            "parent_platforms": fragments.parent_platforms(game.platform_mask),
            "platforms": [
                {
                    "platform": orjson.Fragment(platforms[at]),
                    "released_at": day_text(game.release_day),
                    "requirements": _requirements(game, at),
                }
                for at in bits_set(game.platform_mask)
            ],
            "stores": [
                {"id": game.store_link_id(at), "url": "", "store": orjson.Fragment(stores[at])}
                for at in bits_set(game.store_mask)
            ],
            "developers": self._dimensions.in_game("developers", game.position),
            "publishers": self._dimensions.in_game("publishers", game.position),
            "genres": self._rows.genres[game.genre_mask],
            "tags": self._rows.tags(game, english_only=True) or [],
            "esrb_rating": fragments.ESRB[game.esrb],
        }

    def _platform_scores(self, game: Game) -> list[dict[str, Any]]:
        """Return scores by platform around the game's own; the platform's id has a key of its
        own kind here."""
        if not game.metacritic:
            return []
        address = "https://metacritic.example/game/{}/{}"
        scores = []
        for at in bits_set(game.platform_mask)[: game.habit % 4]:
            named = slim(PLATFORMS[at])
            url = None if game.habit % 29 == at else address.format(named["slug"], game.slug)
            scores.append(
                {
                    "metascore": min(100, game.metacritic + (game.habit + at) % 5 - 2),
                    "url": url,
                    "platform": {"platform": named.pop("id"), **named},
                }
            )
        return scores


def _requirements(game: Game, platform_at: int) -> dict[str, str] | None:
    """Return {} for what needs nothing said, and sometimes null."""
    if platform_at == 0:
        return game.requirements() or {}
    return None if game.habit % 53 == platform_at else {}
