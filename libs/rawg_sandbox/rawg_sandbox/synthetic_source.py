"""Answers out of the synthetic catalogue, at whatever moment the clock says."""

from collections.abc import Mapping
from typing import Any, Final

from rawg_sandbox.mover import ListMover, Move
from rawg_sandbox.moves import Moves
from rawg_sandbox.paging import Listing
from rawg_sandbox.snapshot import Snapshot
from rawg_sandbox.truth import tell_truth
from rawg_sandbox.world import World

# A test goes back and forth between two days.
_KNOWN_SNAPSHOTS: Final = 2


class SyntheticSource:
    """The catalogue of a world."""

    def __init__(self, world: World, cache_bytes: int) -> None:
        """`cache_bytes` bounds the encoded rows that are remembered."""
        self.world = world
        self._cache_bytes = cache_bytes // _KNOWN_SNAPSHOTS
        self._snapshots: dict[int, Snapshot] = {}
        self._moves: dict[str, Moves] = {}

    def at(self, moment: int) -> Snapshot:
        """Return the snapshot of a moment; the last two asked for are remembered."""
        snapshot = self._snapshots.pop(moment, None)
        if snapshot is None:
            if len(self._snapshots) >= _KNOWN_SNAPSHOTS:
                self._snapshots.pop(next(iter(self._snapshots)))
            snapshot = Snapshot(self.world, moment, self._cache_bytes, self._moves)
        self._snapshots[moment] = snapshot
        return snapshot

    def list_rows(self, endpoint: str, parameters: Mapping[str, str], moment: int) -> Listing:
        return self.at(moment).list_rows(endpoint, parameters)

    def detail(self, endpoint: str, key: str, moment: int) -> bytes | None:
        return self.at(moment).detail(endpoint, key)

    def tell_truth(
        self, endpoint: str, parameters: Mapping[str, str], moment: int
    ) -> dict[str, Any]:
        return tell_truth(self.at(moment), endpoint, parameters)

    def move(
        self, endpoint: str, parameters: Mapping[str, str], moment: int, move: Move
    ) -> list[int]:
        snapshot = self.at(moment)
        moves, rows = ListMover(snapshot, endpoint, parameters).move(move)
        self._moves = {**self._moves, endpoint: moves}
        self._snapshots.clear()
        return self.at(moment).ids_of(endpoint, rows)

    def forget_moves(self) -> None:
        if self._moves:
            self._moves = {}
            self._snapshots.clear()

    def describe(self) -> dict[str, Any]:
        return {"games": self.world.options.games, "seed": self.world.options.seed}
