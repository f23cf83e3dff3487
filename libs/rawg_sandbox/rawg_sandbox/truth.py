"""What a perfect reader would find, for tests that compare: all rows of a list, without paging,
windows or faults."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import numpy as np
import orjson

from rawg_sandbox.clock import moment_iso
from rawg_sandbox.moves import NO_MOVES
from rawg_sandbox.snapshot import Snapshot

_BATCH = 500


def tell_truth(snapshot: Snapshot, endpoint: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return `{clock, endpoint, count, ids, records}`; records by id, with the sha256 of the row
    as it is served. `ids_throughout` were there before any move and are there now, `ids_ever`
    were there at any time between. Games also carry their relations, and `removed` names the
    games that are deleted (`merged_into` null) or merged by now."""
    truth: dict[str, Any] = {"clock": moment_iso(snapshot.state.moment), "endpoint": endpoint}
    if endpoint == "games":
        truth["removed"] = _removed_games(snapshot)
    records = dict(_read_records(snapshot, endpoint, parameters))
    truth |= {"count": len(records), "ids": list(records), "records": records}
    return truth | _tell_past(snapshot, endpoint, parameters)


def _read_records(
    snapshot: Snapshot, endpoint: str, parameters: Mapping[str, str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    listing = snapshot.list_rows(endpoint, parameters)
    positions = snapshot.positions(endpoint, parameters)
    for start in range(0, listing.count, _BATCH):
        for at, encoded in enumerate(listing.rows(start, start + _BATCH), start):
            row, digest = orjson.loads(encoded), sha256(encoded).hexdigest()
            record = {"sha256": digest, "slug": row["slug"], "name": row["name"]}
            if endpoint == "games":
                record |= _tell_relations(snapshot, row, positions[at])
            yield row["id"], record


def _tell_relations(snapshot: Snapshot, row: dict[str, Any], game: int) -> dict[str, Any]:
    named = {
        "genres": row["genres"],
        "platforms": [one["platform"] for one in row["platforms"]],
        "stores": [one["store"] for one in row["stores"] or ()],
        "developers": snapshot.dimensions.in_game("developers", game),
        "publishers": snapshot.dimensions.in_game("publishers", game),
    }
    ids = {name: [one["id"] for one in items] for name, items in named.items()}
    return {"updated": row["updated"], "added": row["added"], **ids}


def _tell_past(
    snapshot: Snapshot, endpoint: str, parameters: Mapping[str, str]
) -> dict[str, list[int]]:
    """Compare the list as it is with the one without moves and the one that no row left."""
    moves = snapshot.moves_of(endpoint)
    now, before, most = (
        snapshot.ids_of(endpoint, snapshot.positions(endpoint, parameters, some))
        for some in (moves, NO_MOVES, moves.without_leaving())
    )
    there_before = set(before)
    return {
        "ids_throughout": [row for row in now if row in there_before],
        "ids_ever": sorted({*now, *before, *most}),
    }


def _removed_games(snapshot: Snapshot) -> list[dict[str, Any]]:
    population, moment = snapshot.rows.population, snapshot.state.moment
    deleted = snapshot.state.moves.deleted
    gone = [*np.flatnonzero(population.removed <= moment).tolist(), *deleted]
    return [
        {
            "id": int(population.ids[game]),
            "slug": population.slug(game),
            "created_at": moment_iso(int(population.created[game])),
            "removed_at": moment_iso(int(deleted.get(game, population.removed[game]))),
            "merged_into": (None if game in deleted or target < 0 else int(population.ids[target])),
        }
        for game, target in zip(gone, population.merged_into[gone].tolist(), strict=True)
    ]
