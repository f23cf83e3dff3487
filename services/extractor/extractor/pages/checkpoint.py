"""A checkpoint: a page as it is stored until its commit.

A zstd frame of two things: line 1 what came with the body (status, Date, the id that a detail was asked
for), then the body as it came.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import zstandard

from extractor.pages.detail_page import DetailPage
from extractor.pages.list_page import Layout, ListPage
from extractor.pages.page import Page, Slot
from gamemarket.errors import DataError

# A checkpoint lives for minutes: level 1 takes two thirds of level 3's CPU, for one percent less room.
_ZSTD_LEVEL = 1


class CorruptCheckpointError(DataError):
    """A stored checkpoint can't be read back."""


def encode_checkpoint(page: Page) -> bytes:
    """The page as a checkpoint's bytes."""
    fields = {"status": page.status, "observed_at": page.observed_at.isoformat()}
    if isinstance(page, DetailPage):
        fields["requested_id"] = page.requested_id
    head = json.dumps(fields)
    # The checksum makes a damaged checkpoint fail to decompress, so that nobody needs to parse it.
    compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True)
    return compressor.compress(head.encode() + b"\n" + page.body)


def decode_checkpoint(slot: Slot, stored: bytes, layout: Layout) -> Page:
    """The page of a checkpoint; CorruptCheckpointError when its bytes are not what we write.

    The body is not parsed: it was believed before it was stored.
    """
    try:
        head, _, body = zstandard.ZstdDecompressor().decompress(stored).partition(b"\n")
        fields = json.loads(head)
        observed_at = datetime.fromisoformat(fields["observed_at"]).astimezone(UTC)
        status = int(fields["status"])
        if "requested_id" in fields:
            return DetailPage(slot, status, observed_at, body, int(fields["requested_id"]))
        return ListPage(slot, status, observed_at, body, layout)
    except (zstandard.ZstdError, ValueError, KeyError) as error:
        raise CorruptCheckpointError(f"checkpoint of page {slot.number}: {error}") from error
