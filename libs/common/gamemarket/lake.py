"""The lake: objects that are created once and never overwritten.

Everything above relies on one promise, `put_if_absent`: of any number of writers of a key exactly one
succeeds, and what it wrote is whole. The one object that may be replaced is the pointer to the
published marts. A refused request (403, 5xx, a full disk) is a LakeError, never "not there".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import LakeKey, MartsPointerKey
from gamemarket.s3_access import S3Access
from gamemarket.settings import Settings
from gamemarket.stored_object import StoredObject

__all__ = ["Lake", "StoredObject", "find_lake_access", "open_lake"]


class Lake(Protocol):
    """A store of immutable objects. Bodies are whole bytes: the largest is a part, about 20 MB."""

    @property
    def uri(self) -> str:
        """Where the lake is, for people and for DuckDB: a folder's path or s3://bucket."""

    def put_if_absent(self, key: LakeKey, body: bytes | bytearray) -> bool:
        """Creates the object; False when one of this key is there already. Atomic."""

    def get(self, key: LakeKey | str) -> bytes:
        """The object's bytes; MissingObjectError when there is none."""

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """All objects whose keys begin with `prefix`, sorted by key."""

    def delete(self, keys: Iterable[str]) -> None:
        """Removes objects; one that is missing already is no error."""

    def replace(self, key: MartsPointerKey, body: bytes) -> None:
        """Replaces the pointer in one step."""

    def swap(self, key: MartsPointerKey, before: bytes | None, body: bytes) -> bool:
        """Replaces the pointer where it still holds `before` (None: nothing); else False. Atomic."""


def open_lake(settings: Settings) -> Lake:
    """The lake that the settings name: S3 when DATA_LAKE_BUCKET is set, else a folder."""
    if settings.data_lake_bucket:
        # boto3 takes 0.3 s to import: only who uses S3 pays for it.
        from gamemarket.s3_lake import S3Lake

        return S3Lake.connect(settings.data_lake_bucket, settings.s3_endpoint)
    return FolderLake.open(settings.lake_dir)


def find_lake_access(settings: Settings) -> S3Access | None:
    """What it takes to read the lake without this module; None when it is a folder."""
    if not settings.data_lake_bucket:
        return None
    from gamemarket.s3_lake import find_s3_access

    return find_s3_access(settings.data_lake_bucket, settings.s3_endpoint)
