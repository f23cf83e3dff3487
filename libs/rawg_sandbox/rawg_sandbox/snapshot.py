"""Everything that answers one moment's requests, made on demand and remembered."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
import orjson

from rawg_sandbox.dimensions import Dimensions
from rawg_sandbox.game_details import GameDetails
from rawg_sandbox.game_query import parse_game_query
from rawg_sandbox.game_rows import GameRows
from rawg_sandbox.game_selection import GameSelection
from rawg_sandbox.paging import Listing
from rawg_sandbox.traits import NO_DATE
from rawg_sandbox.world import State, World

# Filtered queries give no row beyond this one, whatever `count` says.
FILTERED_WINDOW: Final = 10_000


class Snapshot:
    """The catalogue at one moment, ready to answer."""

    def __init__(self, world: World, moment: int, cache_bytes: int) -> None:
        """Compute the state; `cache_bytes` bounds the remembered game rows."""
        self.state = State(world, moment)
        self.dimensions = Dimensions(self.state)
        self.rows = GameRows(self.state, cache_bytes)
        self.details = GameDetails(self.rows, self.dimensions)
        self.selection = GameSelection(self.state, self.dimensions)

    def games(self, parameters: Mapping[str, str]) -> Listing:
        """Return the games that the parameters ask for."""
        query = parse_game_query(parameters)
        found = self.selection.select(query)
        if not query.is_filtered:
            return Listing(
                len(found),
                len(found),
                lambda start, stop: self.rows.unfiltered(found[start:stop].tolist()),
                self.unfiltered_extras,
            )
        encode = self.rows.found if query.search else self.rows.filtered
        return Listing(
            len(found),
            min(len(found), FILTERED_WINDOW),
            lambda start, stop: encode(found[start:stop].tolist()),
            b',"user_platforms":false',
        )

    def dimension(self, endpoint: str) -> Listing:
        """Return all items of another list."""
        order = self.dimensions.order(endpoint)
        return Listing(
            len(order),
            len(order),
            lambda start, stop: [self.dimensions.row(endpoint, at) for at in order[start:stop]],
        )

    def detail(self, endpoint: str, key: str) -> bytes | None:
        """Return the body of one item, or nothing (a 404)."""
        if endpoint == "games":
            return self.details.find(key)
        dimension = self.dimensions.by_endpoint[endpoint]
        at = dimension.find(key)
        return None if at is None else orjson.dumps(dimension.detail(at))

    @cached_property
    def unfiltered_extras(self) -> bytes:
        """The members that only unfiltered /games carries, behind `results`."""
        return b"," + orjson.dumps(_unfiltered_members(self.state))[1:-1]


def _unfiltered_members(state: State) -> dict[str, Any]:
    return {
        "seo_title": "All Games",
        "seo_description": "",
        "seo_keywords": "",
        "seo_h1": "All Games",
        "noindex": False,
        "nofollow": False,
        "description": "",
        "filters": {"years": _decades(state)},
        "nofollow_collections": ["stores"],
    }


def _decades(state: State) -> list[dict[str, Any]]:
    """Return the games by year of release, the latest decade first."""
    this_year = datetime.fromtimestamp(state.moment, UTC).year
    days = state.release_day[state.alive]
    years = days[days != NO_DATE].astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    counts = dict(
        zip(*(part.tolist() for part in np.unique(years, return_counts=True)), strict=True)
    )
    decades = []
    for start in range(this_year // 10 * 10, 1940, -10):
        end = min(start + 9, this_year)
        listed = [
            {"year": year, "count": counts[year], "nofollow": year < this_year - 6}
            for year in range(end, start - 1, -1)
            if year in counts
        ]
        if listed:
            decades.append(_decade(start, end, listed))
    return decades


def _decade(start: int, end: int, listed: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "from": start,
        "to": end,
        "filter": f"{start}-01-01,{end}-12-31",
        "decade": start,
        "years": listed,
        "nofollow": True,
        "count": sum(year["count"] for year in listed),
    }
