"""Everything that answers one moment's requests, made on demand and remembered."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import orjson

from rawg_sandbox.dimensions import Dimensions
from rawg_sandbox.game_details import GameDetails
from rawg_sandbox.game_query import parse_game_query
from rawg_sandbox.game_rows import GameRows
from rawg_sandbox.game_selection import GameSelection
from rawg_sandbox.moves import NO_MOVES, Moves
from rawg_sandbox.paging import Listing
from rawg_sandbox.traits import NO_DATE
from rawg_sandbox.vocabulary import WORDS
from rawg_sandbox.world import State, World

# Filtered queries give no row beyond this one, whatever `count` says.
FILTERED_WINDOW: Final = 10_000


class Snapshot:
    """The catalogue at one moment, ready to answer."""

    def __init__(
        self,
        world: World,
        moment: int,
        cache_bytes: int,
        moves: Mapping[str, Moves] = MappingProxyType({}),
    ) -> None:
        """Compute the state; `cache_bytes` bounds the remembered game rows, `moves` are those of
        each endpoint so far."""
        self.state = State(world, moment, moves.get("games", NO_MOVES))
        self.dimensions = Dimensions(self.state, moves)
        self.rows = GameRows(self.state, self.dimensions, cache_bytes)
        self.details = GameDetails(self.rows, self.dimensions)
        self.selection = GameSelection(self.state, self.dimensions)

    def list_rows(self, endpoint: str, parameters: Mapping[str, str]) -> Listing:
        """Return what a list request finds."""
        return self.games(parameters) if endpoint == "games" else self.dimension(endpoint)

    def games(self, parameters: Mapping[str, str]) -> Listing:
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
        return self.dimensions.detail(endpoint, key)

    def moves_of(self, endpoint: str) -> Moves:
        return self.state.moves if endpoint == "games" else self.dimensions.moves_of(endpoint)

    def positions(
        self, endpoint: str, parameters: Mapping[str, str], moves: Moves | None = None
    ) -> list[int]:
        """Return a list's rows by their positions in the catalogue, as they are, or as they were
        if these had been all moves."""
        if endpoint != "games":
            return self.dimensions.order_after(
                endpoint, self.moves_of(endpoint) if moves is None else moves
            )
        selection = self.selection
        if moves is not None:
            selection = GameSelection(self.state.with_moves(moves), self.dimensions)
        found: list[int] = selection.select(parse_game_query(parameters)).tolist()
        return found

    def ids_of(self, endpoint: str, positions: Sequence[int]) -> list[int]:
        if endpoint != "games":
            return [orjson.loads(self.dimensions.row(endpoint, at))["id"] for at in positions]
        ids: list[int] = self.state.world.population.ids[list(positions)].tolist()
        return ids

    @cached_property
    def unfiltered_extras(self) -> bytes:
        """The members that only unfiltered /games carries, behind `results`."""
        members = WORDS["unfiltered_list"] | {"filters": {"years": _decades(self.state)}}
        return b"," + orjson.dumps(members)[1:-1]


def _decades(state: State) -> list[dict[str, Any]]:
    """Return the games by year of release, the latest decade first."""
    this_year = datetime.fromtimestamp(state.moment, UTC).year
    days = state.release_day[state.alive]
    years = days[days != NO_DATE].astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    counts = Counter(years.tolist())
    decades = []
    for start in range(this_year // 10 * 10, 1940, -10):
        end = min(start + 9, this_year)
        listed = [
            {"year": year, "count": counts[year], "nofollow": year < this_year - 6}
            for year in range(end, start - 1, -1)
            if year in counts
        ]
        decade = {
            "from": start,
            "to": end,
            "filter": f"{start}-01-01,{end}-12-31",
            "decade": start,
            "years": listed,
            "nofollow": True,
            "count": sum(year["count"] for year in listed),
        }
        decades += [decade] if listed else []
    return decades
