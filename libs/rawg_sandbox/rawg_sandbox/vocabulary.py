"""RAWG's small vocabularies with their ids and the words of invented names (vocabulary.json), the
keys of its rows (shapes.json), and figures of its games (figures.json).

Ids, names and slugs are RAWG's own (public facts), in the orders in which RAWG lists them (tags:
the frequent ones first). The files are a part of the program and are read as its modules are.
"""

import json
from importlib.resources import files
from typing import Any, Final, NamedTuple


def read_data(name: str) -> dict[str, Any]:
    """Return the content of a JSON file beside the modules."""
    data: dict[str, Any] = json.loads(files(__package__).joinpath(name).read_bytes())
    return data


WORDS: Final = read_data("vocabulary.json")
FIGURES: Final = read_data("figures.json")
# Keys of each row in the order of recorded responses, by endpoint and by where the row stands.
SHAPES: Final[dict[str, dict[str, list[str]]]] = {
    endpoint: {shape: " ".join(lines).split() for shape, lines in shapes.items()}
    for endpoint, shapes in read_data("shapes.json").items()
}


class Genre(NamedTuple):
    """A genre, in thousandths: of all games and of the well-known ones, which it is given to, and
    of those who have such a game, who finish it."""

    id: int
    name: str
    slug: str
    tail_share: int
    popular_share: int
    finished: int


class Platform(NamedTuple):
    """A platform and the parent platform it belongs to."""

    id: int
    name: str
    slug: str
    parent: int
    year_start: int | None


class Named(NamedTuple):
    """Anything that RAWG shows as id, name and slug."""

    id: int
    name: str
    slug: str


class Store(NamedTuple):
    """A store, the platforms it sells for, and how many of their games it has (percent)."""

    id: int
    name: str
    slug: str
    domain: str
    platforms: list[int]
    popular_percent: int
    tail_percent: int


class EsrbRating(NamedTuple):
    """An age rating; the Russian name comes in filtered lists only."""

    id: int
    name: str
    slug: str
    name_ru: str


class Tag(NamedTuple):
    """A tag; its language is `eng` or `rus`."""

    id: int
    name: str
    slug: str
    language: str


type Item = Genre | Platform | Named | Store | EsrbRating | Tag

GENRES: Final = tuple(Genre(*row) for row in WORDS["genres"])
PLATFORMS: Final = tuple(Platform(*row) for row in WORDS["platforms"])
PARENT_PLATFORMS: Final = tuple(Named(*row) for row in WORDS["parent_platforms"])
STORES: Final = tuple(Store(*row) for row in WORDS["stores"])
ESRB_RATINGS: Final = tuple(EsrbRating(*row) for row in WORDS["esrb_ratings"])
CREATOR_ROLES: Final = tuple(Named(*row) for row in WORDS["creator_roles"])
ENGLISH_TAGS: Final = len(WORDS["english_tags"])
TAGS: Final = (
    *(Tag(*[*row, "eng"]) for row in WORDS["english_tags"]),
    *(Tag(*[*row, "rus"]) for row in WORDS["russian_tags"]),
)
# Platforms a popular game comes out on together; about 4.6 on average, as in RAWG's first pages.
POPULAR_PLATFORM_SETS: Final[list[list[int]]] = WORDS["popular_platform_sets"]
# (weight, platforms) of the long tail; what is left over of 100 is one old console or other.
TAIL_PLATFORM_SETS: Final[list[tuple[int, list[int]]]] = WORDS["tail_platform_sets"]

# By stars, the best first: in the order of what is counted of each game.
RATING_TITLES: Final[dict[int, str]] = dict(WORDS["rating_titles"])
STATUSES: Final[list[str]] = WORDS["statuses"]
