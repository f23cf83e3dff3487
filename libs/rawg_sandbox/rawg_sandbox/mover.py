"""Moving rows of one list: which rows a rule means, and what becomes of the endpoint's moves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import batched
from typing import Final, Literal

import numpy as np

from rawg_sandbox.dimensions import INSERTED
from rawg_sandbox.game_query import GameQuery, parse_game_query
from rawg_sandbox.moves import Edit, Moves, place, swap
from rawg_sandbox.paging import parse_page
from rawg_sandbox.population import DAY
from rawg_sandbox.snapshot import Snapshot

type MoveKind = Literal["edit", "delete", "insert", "swap"]
type Draw = Callable[[object], float]

_A_PAGE: Final = 40
# How many rows behind an inserted one can leave before it loses its place.
_FOLLOWERS: Final = 100


class MoveError(Exception):
    """A move that the list does not allow; its text says why."""


@dataclass(frozen=True, slots=True)
class Move:
    """What to do to a list: to the rows at `positions` (from 0; negative ones from the end), or
    to `rows` drawn ones. `draw` gives the same number in [0, 1) for the same argument."""

    kind: MoveKind
    positions: Sequence[int] | None
    rows: int
    draw: Draw


class ListMover:
    """One list of a snapshot, to be moved."""

    def __init__(self, snapshot: Snapshot, endpoint: str, parameters: Mapping[str, str]) -> None:
        self._snapshot = snapshot
        self._endpoint = endpoint
        self._query = parse_game_query(parameters) if endpoint == "games" else None
        self._list = self._query or endpoint
        self._rows = snapshot.positions(endpoint, parameters)
        page = parse_page(endpoint, parameters)
        self._page_size = page.size if page else _A_PAGE

    def move(self, move: Move) -> tuple[Moves, list[int]]:
        """Return the endpoint's moves after this one, and the rows that it moved.

        Raises MoveError.
        """
        moves, moment = self._snapshot.moves_of(self._endpoint).copy(), self._snapshot.state.moment
        if move.kind == "insert":
            return moves, self._insert(moves, move)
        rows = [self._rows[at] for at in self._choose(move)]
        match move.kind:
            case "swap":
                for one, other in batched(rows, 2):
                    moves.arranged.append((self._list, partial(swap, one, other)))
            case "delete":
                moves.deleted.update(dict.fromkeys(rows, moment))
            case "edit":
                moves.edited.update(dict.fromkeys(rows, Edit(moment, moment)))
        return moves, rows

    def _choose(self, move: Move) -> list[int]:
        size = len(self._rows)
        if move.positions is not None:
            wrong = [at for at in move.positions if not -size <= at < size]
            if wrong:
                raise MoveError(f"the list has {size} rows, none at {wrong[0]}")
            return [at % size for at in move.positions]
        needed = 2 * self._page_size if move.kind == "swap" else move.rows
        if size < needed:
            raise MoveError(f"the list has {size} rows; that takes {needed}")
        if move.kind == "swap":
            return [at for pair in range(move.rows) for at in self._draw_pair(move.draw, pair)]
        return sorted(range(size), key=move.draw)[: move.rows]

    def _draw_pair(self, draw: Draw, number: int) -> tuple[int, int]:
        """Return two places at least a page apart."""
        size, page = len(self._rows), self._page_size
        one = int(draw((number, "one")) * size)
        apart = page + int(draw((number, "other")) * (size - 2 * page + 1))
        return one, (one + apart) % size

    def _insert(self, moves: Moves, move: Move) -> list[int]:
        wanted = move.rows if move.positions is None else len(move.positions)
        rows = self._find_new_games(moves, wanted) if self._query else _number(moves, wanted)
        moves.inserted.update(dict.fromkeys(rows, self._date_back()))
        standing = list(self._rows)
        for row, at in zip(rows, move.positions or (), strict=False):
            if not -len(standing) - 1 <= at <= len(standing):
                raise MoveError(f"the list has {len(standing)} rows, no place {at}")
            here = at if at >= 0 else len(standing) + 1 + at
            followers = standing[here : here + _FOLLOWERS]
            moves.arranged.append((self._list, partial(place, row, followers)))
            standing.insert(here, row)
        return rows

    def _find_new_games(self, moves: Moves, wanted: int) -> list[int]:
        """Return games that are not born yet and pass the list's filters, the next ones first."""
        assert self._query
        state, query = self._snapshot.state, replace(self._query, updated=None)
        fitting = self._snapshot.selection.fitting(query)
        unborn = state.world.population.created > state.moment
        known = {*moves.inserted, *moves.deleted}
        found = [game for game in np.flatnonzero(fitting & unborn).tolist() if game not in known]
        if len(found) < wanted:
            raise MoveError(f"only {len(found)} games that are still to come pass the filters")
        return found[:wanted]

    def _date_back(self) -> Edit:
        """Return an edit that brings a game into the list: on the last day it asks for."""
        moment = self._snapshot.state.moment
        query = self._query or GameQuery()
        last_second = (query.updated[1] + 1) * DAY - 1 if query.updated else moment
        return Edit(min(moment, last_second), moment)


def _number(moves: Moves, wanted: int) -> list[int]:
    first = INSERTED + len(moves.inserted)
    return list(range(first, first + wanted))
