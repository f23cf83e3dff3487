"""Which files below a folder were opened, told by the kernel (inotify(7)): proof of what pruning left out."""

import ctypes
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_IN_OPEN = 0x20
_IN_Q_OVERFLOW = 0x4000
_IN_ISDIR = 0x40000000
_EVENT = struct.Struct("iIII")  # wd, mask, cookie, length of the name


@dataclass
class OpenedFiles:
    """Files that were opened while somebody watched; `is_known` False where nobody could."""

    is_known: bool = False
    files: set[Path] = field(default_factory=set)

    @property
    def megabytes(self) -> float:
        """The size of all of them together."""
        return sum(file.stat().st_size for file in self.files) / 1e6


@contextmanager
def watch_opened_files(folder: Path) -> Iterator[OpenedFiles]:
    """Fills its value when the block ends. Folders that the block makes are not watched."""
    opened = OpenedFiles()
    if sys.platform != "linux":
        yield opened
        return
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if descriptor < 0:
        yield opened
        return
    try:
        watched = {}
        for parent, _, _ in os.walk(folder):
            number = libc.inotify_add_watch(descriptor, os.fsencode(parent), _IN_OPEN)
            watched[number] = Path(parent)
        yield opened
        opened.is_known = -1 not in watched
        for number, mask, name in _read_events(descriptor):
            opened.is_known &= not mask & _IN_Q_OVERFLOW
            if name and not mask & _IN_ISDIR:
                opened.files.add(watched[number] / name)
    finally:
        os.close(descriptor)


def _read_events(descriptor: int) -> Iterator[tuple[int, int, str]]:
    while True:
        try:
            block = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return
        position = 0
        while position < len(block):
            number, mask, _, length = _EVENT.unpack_from(block, position)
            position += _EVENT.size
            name = block[position : position + length].rstrip(b"\0")
            position += length
            yield number, mask, os.fsdecode(name)
