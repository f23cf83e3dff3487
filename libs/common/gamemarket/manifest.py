"""The manifest: the commit of a partition's generation, and how the current one is found.

A partition is what its highest generation's manifest says: these parts, these pages, this complete.
Readers take exactly the parts that current manifests name and never list raw/.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from gamemarket.errors import ExitCode, LakeError
from gamemarket.lake import Lake
from gamemarket.lake_keys import ManifestKey, Partition, manifests_prefix, parse_listed
from gamemarket.stored_object import StoredObject

__all__ = [
    "DetailRecord",
    "ListedItem",
    "Manifest",
    "PageRecord",
    "PartRecord",
    "ReadingRecord",
    "find_current_manifests",
    "pick_current_manifests",
    "read_current_manifest",
    "read_manifest",
]

Outcome = Literal["stored", "deleted", "merged", "unavailable"]
Reason = Literal["limited", "drifted", "window_exceeded"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class PartRecord(_Record):
    """One file below raw/: `bytes` as stored, `sha256` of what is stored."""

    key: str
    bytes: int
    sha256: str
    pages: int
    rows: int
    observed_at: datetime


def _or_none(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    try:
        return validate(value)
    except ValidationError:
        return None


class ListedItem(_Record):
    """An item as the rows of its endpoint's parents show it; what they lack is None.

    `updated` and `released` as the API writes them: comparable texts. What is of another type is
    None, too: it decides about the order only, and the models report it.
    """

    id: Annotated[int, Field(strict=True, ge=1, lt=2**63)]
    updated: Annotated[str | None, WrapValidator(_or_none)] = None
    added: Annotated[int | None, WrapValidator(_or_none)] = None
    released: Annotated[str | None, WrapValidator(_or_none)] = None


class DetailRecord(_Record):
    """What was asked for with a page of details, and what came of it.

    stored: the page is the item. deleted: the API has it no more (404; no line in any part).
    merged: it is part of another item, `merged_into`, whose detail is the `again` page of the same
    number; None when the API's redirect leads nowhere. unavailable: the API could not show it,
    however often it was asked; nothing is known of it, and no line is in any part. Without an
    outcome the redirect was not followed any more, and the item is among those left out.
    `failures`: how often in a row, this time included, it was deleted or unavailable.
    """

    requested_id: int
    updated: str | None
    added: int | None
    outcome: Outcome | None
    merged_into: int | None = None
    failures: int = 0


class PageRecord(_Record):
    """One page: `sha256` of its line in the part, `count` as the API reported it with this page.

    `count` is None for a page behind the end, which has no line in any part, and for a detail.
    `rows` are all that it holds; `rejected` are those of them whose id is no integer from 1 to 2^63-1.
    `again` marks a page's second request: an end of the list looked at again, kept when it differed
    from the first, and the detail that a redirect led to.
    """

    generation: int
    reading: int
    number: int
    again: bool = False
    rows: int
    rejected: int = 0
    sha256: str
    count: int | None
    observed_at: datetime
    detail: DetailRecord | None = None

    @property
    def has_line(self) -> bool:
        """Whether it stands in a part; an empty list is a line, too."""
        return self.count is not None or self.rows > 0


class ReadingRecord(_Record):
    """One pass over one request's pages; a limit may end it before it has all of `count`."""

    generation: int
    reading: int
    params: dict[str, str]
    count: int
    distinct_ids: int


class Manifest(_Record):
    """What a partition holds. Times are UTC; `requests` counts the calls of the run that committed.

    A refetch holds what its predecessor held as well: records of several generations stand here.
    `count` is the whole list's size as the API last told it; `rows` are those in the parts, of which
    `rejected` have no id that could be one: they stand there as they came, and the models reject them.
    `items` is the field of a page that holds its rows; None: each line is a row itself, a detail.
    `page_limit` is the endpoint's own, `max_pages` the caller's (which makes it `limited`).
    `complete` is proven by both ends of the list, or with a `min_coverage` by that share of `count`.
    Of details, `count` are those that have an outcome, and `left_out` is what the run date's parents
    named and its budget did not reach, or the API could not show: asked for on the days after.
    """

    source: str
    endpoint: str
    run_date: date
    generation: int
    run_id: str
    fingerprint: str
    params: dict[str, str]
    page_size: int
    items: str | None = "results"
    page_limit: int | None
    max_pages: int | None
    min_coverage: float | None = None
    complete: bool
    reasons: tuple[Reason, ...]
    parts: tuple[PartRecord, ...]
    pages: tuple[PageRecord, ...]
    readings: tuple[ReadingRecord, ...]
    left_out: tuple[ListedItem, ...] = ()
    count: int
    rows: int
    rejected: int = 0
    distinct_ids: int
    duplicates: int
    requests: int
    started_at: datetime
    finished_at: datetime
    extractor_version: str

    @property
    def partition(self) -> Partition:
        """The partition this is a generation of."""
        return Partition(source=self.source, endpoint=self.endpoint, run_date=self.run_date)

    @property
    def missing(self) -> int:
        """How many rows the API had that are not here; 0 for what is complete or limited."""
        incomplete = not self.complete and self.reasons != ("limited",)
        return max(0, self.count - self.distinct_ids - self.rejected) if incomplete else 0

    def describe_reasons(self) -> tuple[str, ...]:
        """Why it is not complete, and how many rows are missing, left for later or none."""
        counted = {
            f"{len(self.left_out):,} details left for the days after": len(self.left_out),
            f"{self.missing:,} of {self.count:,} rows missing": self.missing,
            f"{self.rejected:,} rows rejected, whose id is none": self.rejected,
        }
        return (*self.reasons, *(text for text, number in counted.items() if number))

    @property
    def exit_code(self) -> ExitCode:
        """What a run that finds this ends with: limited is as asked, anything else missing is not."""
        fine = self.complete or self.reasons == ("limited",)
        return ExitCode.DONE if fine else ExitCode.DATA

    @property
    def key(self) -> ManifestKey:
        """Where this manifest is put."""
        return ManifestKey(partition=self.partition, generation=self.generation)

    def to_bytes(self) -> bytes:
        """The object's body."""
        return self.model_dump_json(indent=1).encode() + b"\n"


def read_manifest(lake: Lake, key: ManifestKey) -> Manifest:
    """Reads one manifest; LakeError when its text is not what we write, or stands elsewhere."""
    try:
        manifest = Manifest.model_validate_json(lake.get(key))
    except ValidationError as error:
        raise LakeError(
            f"{key} is not a manifest that this version can read ({error.error_count()} problems, "
            f"first: {error.errors()[0]['msg']}). Something else wrote it, or a newer version."
        ) from None
    if manifest.key != key:
        raise LakeError(f"{key} is the manifest of {manifest.key}: somebody moved it, put it back.")
    return manifest


def find_current_manifest(lake: Lake, partition: Partition) -> ManifestKey | None:
    """The key of the partition's current manifest, or None: one listing."""
    return _list_current(lake, partition.source, partition.endpoint, partition.run_date).get(
        partition
    )


def read_current_manifest(lake: Lake, partition: Partition) -> Manifest | None:
    """The partition's current manifest, or None: one listing, one read."""
    key = find_current_manifest(lake, partition)
    return read_manifest(lake, key) if key else None


def find_current_manifests(
    lake: Lake, source: str = "", endpoint: str = ""
) -> dict[Partition, ManifestKey]:
    """The key of each partition's current manifest, by one listing (per 1,000 manifests)."""
    return _list_current(lake, source, endpoint)


def _list_current(
    lake: Lake, source: str, endpoint: str, run_date: date | None = None
) -> dict[Partition, ManifestKey]:
    return pick_current_manifests(lake.list(manifests_prefix(source, endpoint, run_date)))


def pick_current_manifests(listed: Iterable[StoredObject]) -> dict[Partition, ManifestKey]:
    """Of a listing of manifests the key of each partition's current one."""
    highest: dict[Partition, ManifestKey] = {}
    for key in parse_listed(listed, ManifestKey):
        known = highest.get(key.partition)
        if known is None or key.generation > known.generation:
            highest[key.partition] = key
    return highest
