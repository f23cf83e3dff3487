"""What a listing of the lake tells; apart so that the stores and the protocol can share it."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["StoredObject", "is_hidden"]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of the lake; `size` in bytes.

    `version` is another one when the key's bytes are: after a lake was restored or begun anew. Empty where
    that is not known.
    """

    key: str
    size: int
    version: str = field(default="", compare=False)


def is_hidden(key: str) -> bool:
    """Whether no listing shows it: what begins with a dot, and the folders that S3 consoles create.

    The former are others' (.DS_Store, ._gen_001.json) or a store's own; the latter end in a slash.
    """
    return key.startswith(".") or "/." in key or key.endswith("/")
