"""Prints the sandbox's pages of many days without a server: two lines a page, what it is and its JSON.

Started on the sandbox's interpreter: `sandbox_pages.py --games 200000 --first 0 --last 30`. Day 0 has the
whole catalogue, each game once, 4,000 a run date before the first day, as a backfill reads it. Each day
from 1 on has what endpoints.json reads on a day: the games that were edited on it, as a list with the
`updated` filter shows them at the day's end (edited games being those that people care for), the games that
most have, details of some, and the other lists as often as they are due.
"""

import argparse
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import batched

import orjson

from rawg_sandbox.population import CatalogueOptions
from rawg_sandbox.snapshot import Snapshot
from rawg_sandbox.world import World

FIRST_DAY = date(2024, 1, 1)
PAGE_ROWS = 40
CATALOGUE_ROWS = 4_000

# Days differ by chance: so many more are edited that each has as many as are taken.
_EDITED_MORE = 80
_CACHE_BYTES = 1_000_000
# As endpoints.json names them, as the API does, and every how many days they are due.
_OTHER_LISTS = {
    "genres": ("genres", 7),
    "platforms": ("platforms", 7),
    "parent_platforms": ("platforms/lists/parents", 7),
    "stores": ("stores", 7),
    "tags": ("tags", 30),
    "publishers": ("publishers", 30),
    "developers": ("developers", 30),
}
_LONGEST_OTHER_LIST = 1_000


def main() -> None:
    """Writes pages to standard output."""
    options = _parse_arguments()
    world = World(
        CatalogueOptions(
            games=options.games,
            updated_per_day=options.edited * 11 // 10 + _EDITED_MORE,
            new_per_day=options.new,
            popular_percent=options.popular,
        )
    )
    for number in range(options.first, options.last + 1):
        day = FIRST_DAY + timedelta(days=number - 1)
        snapshot = Snapshot(world, int(_day_end(day).timestamp()), _CACHE_BYTES)
        if number == 0:
            _print_catalogue(snapshot, day, options.plant)
        else:
            _print_day(snapshot, day, options)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox_pages.py", description=__doc__)
    parser.add_argument("--games", type=int, required=True, help="games of the catalogue")
    parser.add_argument(
        "--popular", type=float, default=2.0, help="percent as rich as RAWG's first pages"
    )
    parser.add_argument("--edited", type=int, default=320, help="edited games of a day")
    parser.add_argument("--new", type=int, default=4, help="games that are entered on a day")
    parser.add_argument("--top", type=int, default=1_000, help="games of the list by popularity")
    parser.add_argument("--details", type=int, default=500, help="details of a day")
    parser.add_argument("--first", type=int, default=0, help="day: 0 has the catalogue")
    parser.add_argument("--last", type=int, default=0)
    parser.add_argument(
        "--plant",
        type=orjson.loads,
        default=[],
        help="fields and values: the catalogue's last rows get one each, the last row the last",
    )
    return parser.parse_args()


def _print_catalogue(snapshot: Snapshot, day: date, faults: Sequence[tuple[str, object]]) -> None:
    _print_other_lists(snapshot, day, set(_OTHER_LISTS))
    games = range(snapshot.state.world.options.games)
    starts = games[::CATALOGUE_ROWS]
    for number, start in enumerate(starts):
        rows = snapshot.rows.filtered(games[start : start + CATALOGUE_ROWS])
        if start == starts[-1]:
            rows = _plant(rows, faults)
        run_date = day - timedelta(days=len(starts) - 1 - number)
        _print_pages(run_date, "games", rows, observed_on=day)


def _print_day(snapshot: Snapshot, day: date, options: argparse.Namespace) -> None:
    since = (day - FIRST_DAY).days
    _print_other_lists(
        snapshot, day, {name for name, (_, days) in _OTHER_LISTS.items() if since % days == 0}
    )
    edited = snapshot.games({"updated": f"{day},{day}", "ordering": "created"})
    if edited.count < options.edited:
        sys.exit(f"Only {edited.count} games were edited on {day}: --games is too small.")
    rows = list(edited.rows(0, options.edited))
    _print_pages(day, "games", rows)
    if options.top:
        top = snapshot.games({"ordering": "-added"})
        _print_pages(day, "games_top", top.rows(0, options.top))
    _print_details(day, _details(snapshot, rows[: options.details]))


def _details(snapshot: Snapshot, rows: Iterable[bytes]) -> Iterator[bytes]:
    for row in rows:
        if detail := snapshot.detail("games", str(orjson.loads(row)["id"])):
            yield detail


def _plant(rows: list[bytes], faults: Sequence[tuple[str, object]]) -> list[bytes]:
    faulty = zip(rows[len(rows) - len(faults) :], faults, strict=True)
    changed = [orjson.dumps(orjson.loads(row) | {field: value}) for row, (field, value) in faulty]
    return [*rows[: len(rows) - len(faults)], *changed]


def _print_other_lists(snapshot: Snapshot, day: date, endpoints: Collection[str]) -> None:
    for endpoint, (path, _) in _OTHER_LISTS.items():
        if endpoint in endpoints:
            listing = snapshot.dimension(path)
            _print_pages(day, endpoint, listing.rows(0, min(listing.count, _LONGEST_OTHER_LIST)))


def _day_end(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), UTC)


def _print_pages(
    run_date: date, endpoint: str, rows: Iterable[bytes], observed_on: date | None = None
) -> None:
    for number, page in enumerate(batched(rows, PAGE_ROWS), 1):
        head = _head(run_date, endpoint, number, page, observed_on or run_date)
        body = b'{"count":%d,"next":null,"previous":null,"results":[%b]}'
        _print_page(head, body % (len(page), b",".join(page)))


def _print_details(day: date, rows: Iterable[bytes]) -> None:
    """A page each."""
    for number, row in enumerate(rows, 1):
        _print_page(_head(day, "game_details", number, [row], day), row)


def _print_page(head: dict[str, object], body: bytes) -> None:
    sys.stdout.buffer.write(b"%b\n%b\n" % (orjson.dumps(head), body))


def _head(
    run_date: date, endpoint: str, number: int, rows: Sequence[bytes], observed_on: date
) -> dict[str, object]:
    return {
        "run_date": run_date,
        "endpoint": endpoint,
        "number": number,
        "observed_at": _day_end(observed_on),
        "ids": [orjson.loads(row)["id"] for row in rows],
    }


if __name__ == "__main__":
    main()
