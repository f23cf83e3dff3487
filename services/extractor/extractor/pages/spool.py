"""What a run has put itself, at hand for its commit: a day's pages in memory, more in a nameless file.

A put that returned True means that these bytes are what is stored, so they need not be read back: from S3
that costs as much as storing them did. It is a convenience: what is not here is in the lake.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from tempfile import SpooledTemporaryFile

_log = logging.getLogger(__name__)

# A short list's; a file beyond, so that memory stays flat however long a list is.
_BYTES_IN_MEMORY = 1_000_000
# Some 2,900 pages. The stack's containers have 512 MB, of which /tmp is a part.
_BYTES_AT_MOST = 64_000_000


class Spool:
    """Bodies by key; safe to use from many threads."""

    def __init__(self) -> None:
        """Empty; to be closed once something was added."""
        self._lock = threading.Lock()
        self._file: SpooledTemporaryFile[bytes] | None = None
        self._where: dict[str, tuple[int, int]] = {}
        self._end = 0
        self._is_closed = False

    def add(self, key: str, body: bytes) -> None:
        """Keeps a body, as long as there is room."""
        with self._lock:
            if self._is_closed or self._end + len(body) > _BYTES_AT_MOST:
                return
            try:
                if self._file is None:  # who never adds anything has nothing to close
                    self._file = SpooledTemporaryFile(max_size=_BYTES_IN_MEMORY)  # noqa: SIM115
                self._file.seek(self._end)
                self._file.write(body)
            except OSError as error:
                self._give_up(error)
            else:
                self._where[key] = self._end, len(body)
                self._end += len(body)

    def get(self, key: str) -> bytes | None:
        """A body as it was added; None when it is not kept."""
        with self._lock:
            if self._file is None or key not in self._where:
                return None
            begin, size = self._where[key]
            try:
                self._file.seek(begin)
                return self._file.read(size)
            except OSError as error:  # what was written before may only now reach the disk
                self._give_up(error)
                return None

    def close(self) -> None:
        """Forgets everything; what is added later is not kept."""
        with self._lock:
            self._close()

    def _give_up(self, error: OSError) -> None:
        _log.warning("Pages are read back from the lake: no room for them here (%s)", error)
        with suppress(OSError):
            self._close()

    def _close(self) -> None:
        self._is_closed = True
        self._where.clear()
        if self._file:
            self._file.close()
