"""The API key: what is none, and where one can stand in what an API answers.

A page is stored without the key. Where it could also be a word of the games' (`pc`, `portal`), replacing
it everywhere would alter rows; so a key of a few characters is refused, and one that is no random text is
replaced only behind its parameter's name, as in the `next` of RAWG's pages.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from pydantic import SecretStr

from gamemarket.errors import UsageError
from gamemarket.logs import Redactor
from gamemarket.sources import Source

# RAWG's have 32; no API that is worth one has keys that are guessed in a day.
_FEWEST_CHARACTERS = 8
# Of so many letters and digits no row holds the same by chance.
_RANDOM_CHARACTERS = 16


def check_key(source: Source, key: SecretStr) -> None:
    """UsageError, which does not show it, for what can't be a key."""
    text = key.get_secret_value()
    if len(text) < _FEWEST_CHARACTERS or not re.fullmatch(r"[!-~]+", text):
        where = f" It is to be had at {source.key_page}." if source.key_page else ""
        raise UsageError(
            f"{source.key_variable} is no key: a key has {_FEWEST_CHARACTERS} characters or more, "
            f"without blanks, and this has {len(text)}.{where}"
        )


def build_body_redactor(source: Source, key: SecretStr) -> Redactor:
    """Replaces the key in bodies, wherever it can stand there."""
    text = key.get_secret_value()
    if _is_random(text):
        return Redactor([text])
    name = source.key_parameter or source.key_header or ""
    return Redactor([text], behind=[f"{name}{sign}" for sign in ("=", quote("="), r"\u003d")])


def _is_random(text: str) -> bool:
    has_both = any(map(str.isdigit, text)) and any(map(str.isalpha, text))
    return len(text) >= _RANDOM_CHARACTERS and has_both
