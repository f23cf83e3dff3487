"""The lake as a folder: the embedded mode's store.

`put_if_absent` writes a file that has no name yet and links it to its own: link(2) fails when the name
exists, so one writer wins and a reader never sees half an object. Where files need a name (macOS, some
network file systems), it is written aside first; what a killed writer leaves there is removed when the
folder is opened next: a lock, which dies with its process, tells it from what is being written. Works on
local file systems with hard links (ext4, xfs, btrfs, apfs) and on Docker volumes; not on FAT.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from gamemarket.errors import LakeError, MissingObjectError
from gamemarket.lake_keys import CheckpointKey, LakeKey, MartsPointerKey
from gamemarket.stored_object import StoredObject, is_hidden

# Holds files while they are written; no listing shows them.
INCOMING = ".incoming"

# What link(2) says where there are none: vfat and exfat EPERM, FUSE and network file systems the others.
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})

# open(2), Linux only; without it a folder can't be opened for writing, which says no. Half the CPU of a
# file with two names, and no folder that all threads wait for.
_NAMELESS = getattr(os, "O_TMPFILE", 0)

# Another run's clean-up may remove an empty folder between our mkdir and our link. Each time it does it
# has made progress itself, so this ends; the limit is for a lake that is removed as a whole.
_PLACE_ATTEMPTS = 1_000


type _Link = Callable[[str], None]


class FolderLake:
    """A lake below one folder; keys are relative paths."""

    def __init__(self, root: Path) -> None:
        """Takes a folder that exists; `open` creates it."""
        self._root = root
        self._incoming = root / INCOMING
        self._has_nameless = False

    @classmethod
    def open(cls, root: Path) -> FolderLake:
        """Creates the folder when needed; LakeError when it can't be written."""
        lake = cls(root.absolute())
        with _lake_errors("use the lake's folder", str(root)):
            lake._incoming.mkdir(parents=True, exist_ok=True)
            lake._remove_abandoned()
            with lake._written_aside(b"", durable=False):
                lake._has_nameless = lake._can_name_later()
                return lake

    @property
    def uri(self) -> str:
        """The folder's absolute path."""
        return str(self._root)

    def put_if_absent(self, key: LakeKey, body: bytes | bytearray) -> bool:
        """Creates the object; False when it is there already."""
        # A checkpoint that a power cut tears is noticed and read again; a commit must be on disk.
        durable, name = not isinstance(key, CheckpointKey), str(key)
        with _lake_errors("write", name), self._written(body, durable=durable) as link:
            try:
                self._place(name, partial(self._link, link), durable=durable)
            except FileExistsError:
                return False
        return True

    def get(self, key: LakeKey | str) -> bytes:
        """The object's bytes; MissingObjectError when there is none."""
        with _lake_errors("read", str(key)):
            try:
                return (self._root / str(key)).read_bytes()
            except FileNotFoundError:
                raise MissingObjectError(str(key)) from None

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """All objects whose keys begin with `prefix`, sorted by key."""
        folder = self._root / prefix.rpartition("/")[0]
        found: list[StoredObject] = []
        with _lake_errors("list", prefix):
            for parent, folders, files in os.walk(folder, onerror=_raise_unless_gone):
                folders[:] = [name for name in folders if not is_hidden(name)]
                shown = (name for name in files if not is_hidden(name))
                found.extend(self._stored_objects(parent, shown))
        return iter(sorted((o for o in found if o.key.startswith(prefix)), key=lambda o: o.key))

    def delete(self, keys: Iterable[str]) -> None:
        """Removes objects and the folders that this leaves empty."""
        folders: set[str] = set()
        try:
            for key in keys:
                path = f"{self._root}/{key}"
                folders.add(os.path.dirname(path))
                with _lake_errors("remove", key), suppress(FileNotFoundError):
                    os.unlink(path)
        finally:
            for folder in folders:  # once each, not once a file
                self._remove_empty_folders(Path(folder))

    def replace(self, key: MartsPointerKey, body: bytes) -> None:
        """Replaces the pointer in one step."""
        with _lake_errors("write", str(key)), self._written_aside(body, durable=True) as written:
            self._place(str(key), partial(os.replace, written), durable=True)

    def swap(self, key: MartsPointerKey, before: bytes | None, body: bytes) -> bool:
        """Replaces the pointer where it still holds `before` (None: nothing); else False."""
        with _lake_errors("write", str(key)), self._alone():
            try:
                stored = self.get(key)
            except MissingObjectError:
                stored = None
            if stored != before:
                return False
            self.replace(key, body)
            return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Others who change the pointer wait; the lock is the folder's own and leaves no file."""
        descriptor = os.open(self._incoming, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def _written(self, body: bytes | bytearray, *, durable: bool) -> Iterator[_Link]:
        """What links a file with this body to a path; the file is there until the block ends."""
        if self._has_nameless:
            with self._written_nameless(body, durable=durable) as link:
                yield link
        else:
            with self._written_aside(body, durable=durable) as path:
                yield partial(os.link, path)

    @contextmanager
    def _written_nameless(self, body: bytes | bytearray, *, durable: bool) -> Iterator[_Link]:
        descriptor = os.open(self._incoming, _NAMELESS | os.O_WRONLY, 0o666)
        try:
            left = memoryview(body)
            while left:
                left = left[os.write(descriptor, left) :]
            if durable:
                os.fsync(descriptor)
            # By a descriptor of a folder, although the path is whole: else the link itself is linked.
            yield partial(os.link, f"/proc/self/fd/{descriptor}", src_dir_fd=descriptor)
        finally:
            os.close(descriptor)

    def _can_name_later(self) -> bool:
        """Whether a file without a name can be made and given one: tried, as systems differ in both."""
        tried = f"{self._incoming}/{uuid4().hex}"
        try:
            with self._written_nameless(b"", durable=False) as link:
                link(tried)
            os.unlink(tried)
        except OSError:
            return False
        return True

    @contextmanager
    def _written_aside(self, body: bytes | bytearray, *, durable: bool) -> Iterator[str]:
        """The path of a file with this body; locked, and there until the block ends."""
        path, file = self._create_aside()
        try:
            with file:
                file.write(body)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
                yield path
        finally:
            with suppress(FileNotFoundError):  # moved to its name
                os.unlink(path)

    def _create_aside(self) -> tuple[str, BinaryIO]:
        while True:
            path = f"{self._incoming}/{uuid4().hex}"
            file = open(path, "xb")  # noqa: SIM115 - its user closes it
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_nlink:
                return path, file
            file.close()  # not locked yet, it looked abandoned to a process that opened the lake

    def _remove_abandoned(self) -> None:
        for path in self._incoming.iterdir():
            with suppress(FileNotFoundError, BlockingIOError, PermissionError), path.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()

    def _place(self, name: str, move: _Link, *, durable: bool) -> None:
        path = f"{self._root}/{name}"
        for attempt in range(1, _PLACE_ATTEMPTS + 1):
            try:
                move(path)  # its folder is there already for all but the first in it
                break
            except FileNotFoundError:
                if attempt == _PLACE_ATTEMPTS:
                    raise
                # mkdir reports a folder that goes while it looks as one that exists, and one above
                # it that goes as missing.
                with suppress(FileExistsError, FileNotFoundError):
                    os.makedirs(os.path.dirname(path), exist_ok=True)
        if durable:
            _sync_folder(os.path.dirname(path))

    def _link(self, link: _Link, path: str) -> None:
        try:
            link(path)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            raise LakeError(
                f"Could not write below {self._root}: its file system refuses hard links "
                f"({error.strerror}), by which the lake keeps two runs from writing one object. Set "
                "DATA_LAKE_DIR or GAME_MARKET_HOME to one that has them (ext4, xfs, btrfs, apfs; "
                "not FAT)."
            ) from error

    def _stored_objects(self, folder: str, names: Iterable[str]) -> Iterator[StoredObject]:
        # Text, not Path: making a Path relative takes ten times as long as asking for its size.
        start = len(str(self._root)) + 1
        for name in names:
            path = f"{folder}/{name}"
            try:
                found = os.stat(path)
            except FileNotFoundError:
                continue  # removed since by another run's clean-up
            yield StoredObject(path[start:], found.st_size, str(found.st_mtime_ns))

    def _remove_empty_folders(self, folder: Path) -> None:
        while folder != self._root:
            try:
                folder.rmdir()
            except OSError:
                return  # not empty, or another run was faster
            folder = folder.parent


def _raise_unless_gone(error: OSError) -> None:
    """os.walk passes over what it can't read: a folder that refuses us must not look empty."""
    if not isinstance(error, FileNotFoundError):
        raise error


def _sync_folder(folder: str) -> None:
    """Makes a new name survive a power cut (fsync(2): the file's own sync does not)."""
    with suppress(FileNotFoundError):  # cleared already, with what is in it
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _lake_errors(verb: str, what: str) -> Iterator[None]:
    """Turns what the operating system refuses into a LakeError."""
    try:
        yield
    except OSError as error:
        raise LakeError(
            f"Could not {verb} {what}: {error.strerror}. Check the folder's permissions and free "
            "space (DATA_LAKE_DIR, GAME_MARKET_HOME), then run again: nothing was lost."
        ) from error
