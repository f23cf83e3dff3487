"""Parts that nobody names: left by runs that died, or that another run was faster than.

The fence is the manifest, not a clock: a part whose generation is above the highest committed one may
belong to a run that is about to commit. Below it, what no manifest names will never be named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from gamemarket.lake import Lake
from gamemarket.lake_keys import (
    ManifestKey,
    Partition,
    PartKey,
    manifests_prefix,
    parse_listed,
)
from gamemarket.manifest import read_manifest
from gamemarket.stored_object import StoredObject


def find_garbage(lake: Lake, source: str) -> list[StoredObject]:
    """The parts of a source that can be removed. Parts are listed before manifests are read."""
    listed = {stored.key: stored for stored in lake.list(f"raw/{source}/")}
    parts: dict[Partition, list[tuple[PartKey, StoredObject]]] = defaultdict(list)
    for key in parse_listed(listed.values(), PartKey):
        parts[key.partition].append((key, listed[str(key)]))
    return [
        stored for partition, found in parts.items() for stored in _unnamed(lake, partition, found)
    ]


def collect_garbage(lake: Lake, garbage: Iterable[StoredObject]) -> None:
    """Removes what `find_garbage` found."""
    lake.delete(stored.key for stored in garbage)


def _unnamed(
    lake: Lake, partition: Partition, found: Iterable[tuple[PartKey, StoredObject]]
) -> list[StoredObject]:
    prefix = manifests_prefix(partition.source, partition.endpoint, partition.run_date)
    keys = list(parse_listed(lake.list(prefix), ManifestKey))
    fence = max((key.generation for key in keys), default=0)
    candidates = [(key, stored) for key, stored in found if key.generation <= fence]
    named = {part.key for key in keys for part in read_manifest(lake, key).parts}
    return [stored for _, stored in candidates if stored.key not in named]
