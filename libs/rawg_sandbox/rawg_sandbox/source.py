"""What the server needs from whatever it serves."""

from collections.abc import Mapping
from typing import Any, Protocol

from rawg_sandbox.mover import Move
from rawg_sandbox.paging import Listing


class Source(Protocol):
    """Where answers come from: the synthetic catalogue or recorded responses."""

    def list_rows(self, endpoint: str, parameters: Mapping[str, str], moment: int) -> Listing:
        """Return what a list request finds at a moment (seconds since 1970)."""

    def detail(self, endpoint: str, key: str, moment: int) -> bytes | None:
        """Return the body of the item with this id or slug, or nothing (a 404)."""

    def tell_truth(
        self, endpoint: str, parameters: Mapping[str, str], moment: int
    ) -> dict[str, Any]:
        """Return what a perfect reader would find, for the control call."""

    def move(
        self, endpoint: str, parameters: Mapping[str, str], moment: int, move: Move
    ) -> list[int]:
        """Move rows of the list that a request asks for; return their ids. Raises MoveError."""

    def forget_moves(self) -> None:
        """Take all moves back."""

    def describe(self) -> dict[str, Any]:
        """Return what the ready line says of it."""
