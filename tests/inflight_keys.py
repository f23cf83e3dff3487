"""Keys below inflight/, whichever kind they are of."""

from gamemarket.lake_keys import CheckpointKey, QueryKey, SecondKey, VoidKey


def parse_inflight_key(key: str) -> QueryKey | VoidKey | CheckpointKey:
    """Parses a key; AssertionError for a name that no part of the pipeline writes there."""
    query = QueryKey.parse(key) or VoidKey.parse(key)
    parsed = query or CheckpointKey.parse(key) or SecondKey.parse(key)
    assert parsed, f"nobody writes {key}"
    return parsed
