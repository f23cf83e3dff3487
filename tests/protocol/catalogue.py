"""The API: a list of rows that others change while it is read, as RAWG's lists are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from tests.protocol.store import ApiAnswer

# A mistyped path: 404 on every page.
NOWHERE = "/nowhere"
# What was merged into another row: its detail is a redirect to a slug, which is the other's detail.
MERGED = {3: 2}

_DETAIL = re.compile(r"/games/(item-)?(\d+)")


class Catalogue(NamedTuple):
    """The list at one instant. `said` is its size as the API tells it: cached, so maybe wrong.

    `moves` are left; an insertion comes at the end, as `ordering=created` has it.
    """

    rows: tuple[int, ...]
    said: int
    moves: int = 0
    count_is_cached: bool = False

    def after_a_move(self) -> Iterator[tuple[str, Catalogue]]:
        """Each change that is possible, with words for it."""
        if not self.moves:
            return
        for row in self.rows:
            rows = tuple(kept for kept in self.rows if kept != row)
            yield f"row {row} leaves", self._moved(rows)
        new = 100 + self.moves
        yield f"row {new} comes", self._moved((*self.rows, new))

    def _moved(self, rows: tuple[int, ...]) -> Catalogue:
        said = self.said if self.count_is_cached else len(rows)
        return self._replace(rows=rows, said=said, moves=self.moves - 1)

    def answer(self, asked: str) -> ApiAnswer:
        """One page; `asked` is path?params."""
        return _answer(self.rows, self.said, asked)


def build_catalogue(rows: int, *, moves: int = 0, count: int | None = None) -> Catalogue:
    """Rows 1, 2, 3 ...; with a `count` of its own, that stays as it is."""
    listed = tuple(range(1, rows + 1))
    said = rows if count is None else count
    return Catalogue(listed, said, moves, count_is_cached=count is not None)


@cache
def _answer(rows: tuple[int, ...], said: int, asked: str) -> ApiAnswer:
    path, _, query = asked.partition("?")
    if detail := _DETAIL.fullmatch(path):
        return _answer_detail(rows, path, int(detail[2]), by_slug=bool(detail[1]))
    params = dict(parse_qsl(query))
    page, size = int(params.pop("page")), int(params["page_size"])
    on_page = rows[(page - 1) * size : page * size]
    if path == NOWHERE or (page > 1 and not on_page):
        return ApiAnswer(404, b'{"detail":"Invalid page."}')
    envelope = {
        "asked": [path, params],
        "count": said,
        "next": f"page={page + 1}" if page * size < len(rows) else None,
        "results": [{"id": row} for row in on_page],
    }
    return ApiAnswer(200, json.dumps(envelope).encode())


def _answer_detail(rows: tuple[int, ...], path: str, row: int, *, by_slug: bool) -> ApiAnswer:
    if row not in rows:
        return ApiAnswer(404, b'{"detail":"Not found."}')
    if row in MERGED and not by_slug:
        redirect = {"redirect": True, "slug": f"item-{MERGED[row]}"}
        return ApiAnswer(200, json.dumps(redirect).encode())
    item = {"asked": [path, {}], "id": row, "slug": f"item-{row}"}
    return ApiAnswer(200, json.dumps(item).encode())
