"""What a perfect reader would find, for tests that compare: all rows of a list, without paging,
windows or faults."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np

from rawg_sandbox.clock import moment_iso
from rawg_sandbox.dimensions import Dimensions
from rawg_sandbox.game_fields import Game
from rawg_sandbox.game_query import parse_game_query
from rawg_sandbox.moves import NO_MOVES
from rawg_sandbox.snapshot import Snapshot
from rawg_sandbox.traits import bits_set
from rawg_sandbox.vocabulary import GENRES, PLATFORMS, STORES

_BATCH = 500


def tell_truth(snapshot: Snapshot, endpoint: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return `{clock, endpoint, count, ids, records}`; records by id, with the sha256 of the row
    as it is served. `ids_throughout` were there before any move and are there now, `ids_ever`
    were there at any time between. Games also carry their relations, and `removed` names the
    games that are deleted (`merged_into` null) or merged by now."""
    truth: dict[str, Any] = {"clock": moment_iso(snapshot.state.moment), "endpoint": endpoint}
    if endpoint == "games":
        records = _game_records(snapshot, parameters)
        truth["removed"] = _removed_games(snapshot)
    else:
        records = _dimension_records(snapshot.dimensions, endpoint)
    truth |= {"count": len(records), "ids": list(records), "records": records}
    return truth | _tell_past(snapshot, endpoint, parameters)


def _game_records(snapshot: Snapshot, parameters: Mapping[str, str]) -> dict[int, dict[str, Any]]:
    query = parse_game_query(parameters)
    found = snapshot.selection.select(query).tolist()
    shape = snapshot.rows.filtered if query.is_filtered else snapshot.rows.unfiltered
    encode = snapshot.rows.found if query.search else shape
    records: dict[int, dict[str, Any]] = {}
    for start in range(0, len(found), _BATCH):
        batch = found[start : start + _BATCH]
        for game, row in zip(snapshot.rows.read(batch), encode(batch), strict=True):
            records[game.id] = _game_record(snapshot, game, row)
    return records


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


def _game_record(snapshot: Snapshot, game: Game, row: bytes) -> dict[str, Any]:
    return {
        "sha256": sha256(row).hexdigest(),
        "slug": game.slug,
        "name": game.name,
        "updated": moment_iso(game.updated)[:-1],
        "added": game.added,
        "genres": [GENRES[at].id for at in bits_set(game.genre_mask)],
        "platforms": [PLATFORMS[at].id for at in bits_set(game.platform_mask)],
        "stores": [STORES[at].id for at in bits_set(game.store_mask)],
        **{
            group: [one["id"] for one in snapshot.dimensions.in_game(group, game.position)]
            for group in ("developers", "publishers")
        },
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


def _dimension_records(dimensions: Dimensions, endpoint: str) -> dict[int, dict[str, Any]]:
    records = {}
    for at in dimensions.order(endpoint):
        fields = dimensions.fields(endpoint, at)
        digest = sha256(dimensions.row(endpoint, at)).hexdigest()
        records[fields["id"]] = {"sha256": digest, "slug": fields["slug"], "name": fields["name"]}
    return records
