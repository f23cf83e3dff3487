"""Prints the sandbox's pages of many days without a server: two lines a page, what it is and its JSON.

Started on the sandbox's interpreter: `sandbox_pages.py history --games 200000 --first 1 --last 30`. A
`history` has the 4,000 games of each day that were edited on it, as a list with the `updated` filter
shows them at the day's end, edited games being those that people care for, and the details of some; a
`catalogue` has each of its games once, 4,000 a day. The other lists stand on the first day.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import batched

import orjson

from rawg_sandbox.population import CatalogueOptions
from rawg_sandbox.snapshot import Snapshot
from rawg_sandbox.world import World

FIRST_DAY = date(2024, 1, 1)
PAGE_ROWS = 40
DAY_ROWS = 4_000
# Of a budget of 20,000 requests a month some 400 a day are left for details.
DETAILS_A_DAY = 400

# Days differ by chance: so many are edited that each has more than are taken.
_EDITED_A_DAY = 4_400
# The share of well-known games that makes pages of 100 to 160 kB on average: they are edited most.
_POPULAR_PERCENT = {"history": 2, "catalogue": 15}
_CACHE_BYTES = 1_000_000
# As endpoints.json names them, and as the API does.
_OTHER_LISTS = {
    "genres": "genres",
    "platforms": "platforms",
    "parent_platforms": "platforms/lists/parents",
    "stores": "stores",
    "tags": "tags",
    "publishers": "publishers",
    "developers": "developers",
}
_LONGEST_OTHER_LIST = 1_000


def main() -> None:
    """Writes pages to standard output."""
    options = _parse_arguments()
    world = World(
        CatalogueOptions(
            games=options.games,
            updated_per_day=_EDITED_A_DAY,
            popular_percent=_POPULAR_PERCENT[options.kind],
        )
    )
    printed = _history(world, options) if options.kind == "history" else _catalogue(world, options)
    for day, endpoint, rows in printed:
        if endpoint == "game_details":
            _print_details(day, rows)
        else:
            _print_pages(day, endpoint, rows)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox_pages.py", description=__doc__)
    parser.add_argument("kind", choices=["history", "catalogue"])
    parser.add_argument("--games", type=int, required=True)
    parser.add_argument("--first", type=int, default=1, help="day of the history, from 1")
    parser.add_argument("--last", type=int, default=1)
    parser.add_argument(
        "--plant",
        type=orjson.loads,
        default=[],
        help="fields and values: the catalogue's last rows get one each, the last row the last",
    )
    return parser.parse_args()


_Lists = Iterator[tuple[date, str, Iterable[bytes]]]


def _history(world: World, options: argparse.Namespace) -> _Lists:
    for number in range(options.first, options.last + 1):
        day = FIRST_DAY + timedelta(days=number - 1)
        snapshot = _snapshot(world, day)
        if number == 1:
            yield from _other_lists(snapshot, day)
        asked = {"updated": f"{day},{day}", "ordering": "created"}
        listing = snapshot.games(asked)
        if listing.count < DAY_ROWS:
            sys.exit(f"Only {listing.count} games were edited on {day}: --games is too small.")
        yield day, "games", listing.rows(0, DAY_ROWS)
        yield day, "game_details", _details(snapshot, listing.rows(0, DETAILS_A_DAY))


def _catalogue(world: World, options: argparse.Namespace) -> _Lists:
    snapshot = _snapshot(world, FIRST_DAY)
    yield from _other_lists(snapshot, FIRST_DAY)
    games = range(world.options.games)
    for number, start in enumerate(games[::DAY_ROWS]):
        rows = snapshot.rows.filtered(games[start : start + DAY_ROWS])
        if start + DAY_ROWS >= len(games):
            rows = _plant(rows, options.plant)
        yield FIRST_DAY + timedelta(days=number), "games", rows


def _details(snapshot: Snapshot, rows: Iterable[bytes]) -> Iterator[bytes]:
    for row in rows:
        if detail := snapshot.detail("games", str(orjson.loads(row)["id"])):
            yield detail


def _plant(rows: list[bytes], faults: list[tuple[str, object]]) -> list[bytes]:
    faulty = zip(rows[len(rows) - len(faults) :], faults, strict=True)
    changed = [orjson.dumps(orjson.loads(row) | {field: value}) for row, (field, value) in faulty]
    return [*rows[: len(rows) - len(faults)], *changed]


def _other_lists(snapshot: Snapshot, day: date) -> _Lists:
    for endpoint, path in _OTHER_LISTS.items():
        listing = snapshot.dimension(path)
        yield day, endpoint, listing.rows(0, min(listing.count, _LONGEST_OTHER_LIST))


def _snapshot(world: World, day: date) -> Snapshot:
    return Snapshot(world, int(_day_end(day).timestamp()), _CACHE_BYTES)


def _day_end(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), UTC)


def _print_pages(day: date, endpoint: str, rows: Iterable[bytes]) -> None:
    for number, page in enumerate(batched(rows, PAGE_ROWS), 1):
        sys.stdout.buffer.write(_encode(day, endpoint, number, page))


def _print_details(day: date, rows: Iterable[bytes]) -> None:
    """A page each."""
    for number, row in enumerate(rows, 1):
        head = _head(day, "game_details", number, [row])
        sys.stdout.buffer.write(b"%b\n%b\n" % (orjson.dumps(head), row))


def _encode(day: date, endpoint: str, number: int, rows: Sequence[bytes]) -> bytes:
    """Both lines of a page."""
    head = _head(day, endpoint, number, rows)
    body = b'{"count":%d,"next":null,"previous":null,"results":[%b]}'
    return b"%b\n%b\n" % (orjson.dumps(head), body % (len(rows), b",".join(rows)))


def _head(day: date, endpoint: str, number: int, rows: Sequence[bytes]) -> dict[str, object]:
    return {
        "run_date": day,
        "endpoint": endpoint,
        "number": number,
        "observed_at": _day_end(day),
        "ids": [orjson.loads(row)["id"] for row in rows],
    }


if __name__ == "__main__":
    main()
