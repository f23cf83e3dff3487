from __future__ import annotations

import errno
from tempfile import SpooledTemporaryFile

import pytest

from extractor.pages import spool
from extractor.pages.spool import Spool


@pytest.mark.parametrize("in_memory", [0, 1, 10, 10_000])
def test_bodies_come_back_as_they_were(monkeypatch: pytest.MonkeyPatch, in_memory: int) -> None:
    monkeypatch.setattr(spool, "_BYTES_IN_MEMORY", in_memory or 1)
    kept = Spool()
    bodies = {str(n): bytes([n]) * n for n in range(50)}
    for key, body in bodies.items():
        kept.add(key, body)
    assert {key: kept.get(key) for key in reversed(bodies)} == bodies
    assert kept.get("50") is None
    kept.add("50", b"after a look back")
    assert (kept.get("50"), kept.get("49")) == (b"after a look back", bodies["49"])
    kept.close()
    kept.add("51", b"by a thread that a stop has left behind")
    assert (kept.get("51"), kept.get("1")) == (None, None)


@pytest.mark.parametrize("failing", ["seek", "write", "read"])
def test_a_full_disk_is_no_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, failing: str
) -> None:
    def refuse(file: SpooledTemporaryFile[bytes], *_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    kept = Spool()
    kept.add("1", b"one")
    monkeypatch.setattr(SpooledTemporaryFile, failing, refuse)
    kept.add("2", b"two")
    kept.get("1")
    kept.add("3", b"three")
    assert [kept.get(key) for key in "123"] == [None, None, None], "whatever reached the file"
    assert caplog.text.count("No space left") == 1


def test_a_long_list_takes_no_more_room_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_BYTES_AT_MOST", 5)
    kept = Spool()
    for key in ("one", "two", "six"):
        kept.add(key, key.encode())
    assert (kept.get("one"), kept.get("two"), kept.get("six")) == (b"one", None, None)
    kept.close()
