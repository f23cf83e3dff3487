from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from extractor.conftest import LAYOUT
from extractor.pages.checkpoint import CorruptCheckpointError, decode_checkpoint, encode_checkpoint
from extractor.pages.list_page import ListPage
from extractor.pages.page import Slot

NOON = datetime(2024, 1, 2, 12, tzinfo=UTC)


def build_page(body: bytes, number: int = 1) -> ListPage:
    return ListPage(Slot(number), 200, NOON, body, LAYOUT)


def flip_a_bit(stored: bytes) -> bytes:
    middle = len(stored) // 2
    return stored[:middle] + bytes([stored[middle] ^ 1]) + stored[middle + 1 :]


@given(
    rows=st.lists(st.dictionaries(st.text(), st.text()), min_size=1),
    indent=st.sampled_from([None, 0, 2]),
)
def test_a_checkpoint_reads_back_as_the_page_it_was(
    rows: list[dict[str, str]], indent: int | None
) -> None:
    results = [row | {"id": n} for n, row in enumerate(rows, start=1)]
    text = json.dumps({"count": 1, "next": None, "results": results}, indent=indent)
    page = build_page(text.encode())
    assert decode_checkpoint(Slot(1), encode_checkpoint(page), LAYOUT) == page


def test_a_page_behind_the_end_is_stored_too() -> None:
    page = ListPage(Slot(7), 404, NOON, b'{"detail":"Invalid page."}', LAYOUT)
    assert decode_checkpoint(Slot(7), encode_checkpoint(page), LAYOUT) == page


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"not zstd",
        encode_checkpoint(build_page(b'{"count":1,"next":null,"results":[{"id":1}]}'))[:-3],
        zstandard.compress(b"no head"),
        zstandard.compress(b'{"status":200}\n{}'),
        flip_a_bit(encode_checkpoint(build_page(b"0123456789"))),
    ],
)
def test_a_checkpoint_that_is_none_is_corrupt(stored: bytes) -> None:
    with pytest.raises(CorruptCheckpointError, match="page 3"):
        decode_checkpoint(Slot(3), stored, LAYOUT)
