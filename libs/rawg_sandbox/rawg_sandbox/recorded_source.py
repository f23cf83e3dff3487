"""Answers out of recorded responses in a folder, row by row as they were recorded.

Layout: `<endpoint>/**.json` holds list envelopes, bare arrays or single rows; `<endpoint>_id/`
holds items (`platforms_lists_parents` is the endpoint platforms/lists/parents). All rows of an
endpoint are served in the order of the files' paths, twice if they are there twice, and `count`
is their number. Filters, orderings and the clock have no effect here: a recording is a moment. Only
`recorded_details=only` has one, which RAWG does not know: those rows whose item is recorded, too.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from itertools import batched
from pathlib import Path
from typing import Any, Final

from rawg_sandbox.mover import Move, MoveError
from rawg_sandbox.paging import DEFAULT_PAGE_SIZES, Listing

_DECODER: Final = json.JSONDecoder()
_BETWEEN: Final = " \t\r\n,:"


class RecordingError(Exception):
    """The folder cannot be served; the text says why."""


class RecordedSource:
    """All rows and items found below a folder."""

    def __init__(self, folder: Path) -> None:
        """Read all recordings into memory.

        Raises RecordingError if there are none, or one is no JSON.
        """
        self._rows = {
            endpoint: list(_read_rows(folder, endpoint)) for endpoint in DEFAULT_PAGE_SIZES
        }
        self._items = {endpoint: _read_items(folder, endpoint) for endpoint in DEFAULT_PAGE_SIZES}
        if not any(self._rows.values()) and not any(self._items.values()):
            raise RecordingError(
                f"no recorded response below {folder}: files like games/list/001.json are expected"
            )

    def list_rows(self, endpoint: str, parameters: Mapping[str, str], moment: int) -> Listing:
        """Return all rows of the endpoint, or those with recorded items."""
        rows = self._rows[endpoint]
        if parameters.get("recorded_details") == "only":
            rows = [row for row in rows if str(json.loads(row).get("id")) in self._items[endpoint]]
        return Listing(len(rows), len(rows), lambda start, stop: rows[start:stop])

    def detail(self, endpoint: str, key: str, moment: int) -> bytes | None:
        return self._items[endpoint].get(key)

    def tell_truth(
        self, endpoint: str, parameters: Mapping[str, str], moment: int
    ) -> dict[str, Any]:
        """Return ids (one for each row) and the rows' sha256, in the order of the list."""
        rows = self._rows[endpoint]
        return {
            "endpoint": endpoint,
            "count": len(rows),
            "ids": [json.loads(row).get("id") for row in rows],
            "sha256": [sha256(row).hexdigest() for row in rows],
        }

    def move(
        self, endpoint: str, parameters: Mapping[str, str], moment: int, move: Move
    ) -> list[int]:
        raise MoveError("recorded responses do not move; serve the invented catalogue for that")

    def forget_moves(self) -> None:
        """Do nothing: nothing ever moved."""

    def describe(self) -> dict[str, Any]:
        counts = {endpoint: len(rows) for endpoint, rows in self._rows.items() if rows}
        return {"recorded_rows": counts}


def _read_rows(folder: Path, endpoint: str) -> Iterator[bytes]:
    for rows in _read(folder, endpoint, split_rows):
        yield from (row.encode() for row in rows)


def _read_items(folder: Path, endpoint: str) -> dict[str, bytes]:
    items: dict[str, bytes] = {}
    for text, item in _read(folder, f"{endpoint}_id", lambda text: (text, json.loads(text))):
        if isinstance(item, dict):
            items |= {str(item[name]): text.encode() for name in ("id", "slug") if name in item}
    return items


def _read[T](folder: Path, name: str, parse: Callable[[str], T]) -> Iterator[T]:
    """Yield what is in the files of a folder, in the order of their paths."""
    for path in sorted((folder / name.replace("/", "_")).rglob("*.json")):
        try:
            yield parse(path.read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise RecordingError(f"{path} cannot be read: {error}") from error
        except ValueError as error:
            raise RecordingError(f"{path} is no JSON: {error}") from error


def split_rows(text: str) -> list[str]:
    """Return the rows of a recorded body, each exactly as it stands there.

    A body is an envelope with `results`, an array of rows, or one row. Raises ValueError for
    what is no JSON.

    >>> split_rows('{"count": 1, "results": [{"rating": 4.50}]}')
    ['{"rating": 4.50}']
    """
    document = json.loads(text)
    if isinstance(document, list):
        return [text[start:end] for start, end in _values(text, 1)]
    if not isinstance(document, dict) or not isinstance(document.get("results"), list):
        return [text]
    members = list(_values(text, 1))  # names and values in turn
    named = {json.loads(text[slice(*name)]): value for name, value in batched(members, 2)}
    return [text[start:end] for start, end in _values(text, named["results"][0] + 1)]


def _values(text: str, at: int) -> Iterator[tuple[int, int]]:
    """Yield where each value inside of brackets starts and ends."""
    while text[at] not in "]}":
        if text[at] in _BETWEEN:
            at += 1
        else:
            start, (_, at) = at, _DECODER.raw_decode(text, at)
            yield start, at
