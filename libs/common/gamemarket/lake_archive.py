"""`python -m gamemarket.lake_archive save|load`: the lake as a tar file, for the stack's backups.

`save` writes it to standard output, `load` fills an empty lake from standard input. A member is an
object, named by its key: unpacked, it is a lake in a folder.
"""

from __future__ import annotations

import sys
import tarfile
from collections.abc import Sequence
from io import BytesIO
from typing import BinaryIO, cast

from gamemarket.errors import GameMarketError, LakeError, UsageError
from gamemarket.lake import Lake, open_lake
from gamemarket.lake_keys import LakeKey
from gamemarket.settings import load_settings

__all__ = ["load_lake", "save_lake"]


def save_lake(lake: Lake, target: BinaryIO) -> int:
    """Writes all objects; how many. Nothing else may write the lake meanwhile."""
    objects = list(lake.list(""))
    with tarfile.open(fileobj=target, mode="w|") as archive:
        for stored in objects:
            body = lake.get(stored.key)
            member = tarfile.TarInfo(stored.key)
            member.size, member.mode = len(body), 0o644
            archive.addfile(member, BytesIO(body))
    return len(objects)


def load_lake(lake: Lake, source: BinaryIO) -> int:
    """Creates all objects of an archive in an empty lake; how many. UsageError in any other."""
    if next(iter(lake.list("")), None):
        raise UsageError(f"{lake.uri} holds objects: an archive is loaded into an empty lake.")
    count = 0
    try:
        with tarfile.open(fileobj=source, mode="r|") as archive:
            for member in archive:
                body = archive.extractfile(member)
                assert body, member.name
                # A key is its text, whatever type of key it was made as.
                lake.put_if_absent(cast(LakeKey, member.name), body.read())
                count += 1
    except tarfile.TarError as error:
        raise LakeError(f"The archive can't be read ({error}): take another one.") from None
    return count


def main(arguments: Sequence[str]) -> int:
    """Saves or loads the lake of the settings; one sentence, and an exit code."""
    try:
        lake = open_lake(load_settings())
        if arguments == ["save"]:
            count = save_lake(lake, sys.stdout.buffer)
        elif arguments == ["load"]:
            count = load_lake(lake, sys.stdin.buffer)
        else:
            raise UsageError("Say what to do: save (to standard output) or load (from input).")
    except GameMarketError as error:
        print(f"lake_archive: {error}", file=sys.stderr)
        return error.exit_code
    print(f"{lake.uri}: {count} objects", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
