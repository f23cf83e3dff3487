"""What a listing of the lake tells; apart so that the stores and the protocol can share it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of the lake; `size` in bytes."""

    key: str
    size: int
