"""Invented names: games, companies, people. Every name (and slug) of a kind is unique.

A name is a number written in words: the index, scattered, is split into (first word, second
word, pattern). So no list of used names has to be kept, for a million games either.
"""

import re
from functools import lru_cache

from rawg_sandbox.vocabulary import WORDS

_NO_SLUG = re.compile(r"[^a-z0-9]+")


class Names:
    """The names of one kind, by number; the first `count` of them are free of running numbers."""

    def __init__(self, first: list[str], second: list[str], patterns: list[str]) -> None:
        self._first, self._second, self._patterns = first, second, patterns
        self.count = len(first) * len(second) * len(patterns)

    def spell(self, code: int) -> str:
        round_, code = divmod(code, self.count)
        code, a = divmod(code, len(self._first))
        pattern, n = divmod(code, len(self._second))
        name = self._patterns[pattern].format(a=self._first[a], n=self._second[n])
        return name if round_ == 0 else f"{name} [{round_}]"


_WORDS = WORDS["adjectives"], WORDS["nouns"]
GAME_NAMES = Names(*_WORDS, WORDS["game_patterns"])
DEVELOPER_NAMES = Names(*_WORDS, WORDS["developer_patterns"])
PUBLISHER_NAMES = Names(*_WORDS, WORDS["publisher_patterns"])
PERSON_NAMES = Names(
    WORDS["given_names"],
    WORDS["family_names"],
    ["{a} {n}", *(f"{{a}} {initial}. {{n}}" for initial in "ABCDEFGHIJKLMNOPRSTV")],
)


def slugify(name: str) -> str:
    """Return the name as RAWG writes it in addresses: `The Iron Keep: Origins`
    becomes `the-iron-keep-origins`."""
    return _NO_SLUG.sub("-", name.lower()).strip("-")


@lru_cache(maxsize=1 << 12)
def game_name(code: int) -> str:
    """Return title number `code`."""
    return GAME_NAMES.spell(code)


@lru_cache(maxsize=1 << 12)
def game_slug(code: int, double_of: int | None = None) -> str:
    """Return the slug of title number `code`; the second entry of a game carries its id too."""
    slug = slugify(game_name(code))
    return slug if double_of is None else f"{slug}-{double_of}"
