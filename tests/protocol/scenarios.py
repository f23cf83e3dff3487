"""What is searched: small partitions, and everybody who may meet in one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.protocol.actors import DAY, DETAILS, Actor, details, gc, reader, run
from tests.protocol.catalogue import NOWHERE, Catalogue, build_catalogue
from tests.protocol.search import Scenario


def _snapshot(name: str, run_date: date = DAY) -> Actor:
    return run(name, run_date=run_date, kind="snapshot", params={}, refresh_days=7)


_COMMITTED = ((run("former"), None),)

# One page is a list whose own end proves it; three rows make two pages, with both ends read twice.
EXHAUSTIVE = (
    Scenario("a run and gc, one fault", [run("a"), gc()], build_catalogue(3), faults=1),
    Scenario("a run, two faults", [run("a")], build_catalogue(3), faults=2),
    Scenario("two runs, two pages", [run("a"), run("b")], build_catalogue(3), long=True),
    Scenario("two runs, one fault", [run("a"), run("b")], build_catalogue(1), faults=1),
    Scenario("two runs and gc", [run("a"), run("b"), gc()], build_catalogue(1)),
    Scenario(
        "two runs that ask otherwise",
        [run("a"), run("b", page_size=1)],
        build_catalogue(2),
        long=True,
    ),
    Scenario(
        "a limited run and a whole one",
        [run("a", max_pages=1), run("b")],
        build_catalogue(3),
        long=True,
    ),
    Scenario("a run and a refetch", [run("a"), run("b", refetch=True)], build_catalogue(2)),
    Scenario(
        "two refetches",
        [run("a", refetch=True), run("b", refetch=True)],
        build_catalogue(2),
        first=_COMMITTED,
    ),
    Scenario(
        "a refetch of a list that moved, gc and a reader",
        [run("a", refetch=True), gc(), reader()],
        build_catalogue(2, moves=1),
        first=_COMMITTED,
    ),
    Scenario(
        "a refetch that asks otherwise, one fault, gc and a reader",
        [run("a", refetch=True, page_size=1), gc(), reader()],
        build_catalogue(2),
        first=_COMMITTED,
        faults=1,
        last=run("last", page_size=1),
    ),
    Scenario(
        "an open refetch is finished by two",
        [run("a", finish_open=True), run("b", refetch=True)],
        build_catalogue(2),
        first=(*_COMMITTED, (run("killed", refetch=True), 8)),
    ),
    Scenario(
        "a torn checkpoint, one fault",
        [run("a")],
        build_catalogue(3, moves=1),
        first=[(run("killed"), 9)],
        torn=["page_00002.zst"],
        faults=1,
    ),
    Scenario(
        "an open snapshot, on its own day and the next",
        [_snapshot("a"), _snapshot("b", date(2024, 1, 2))],
        build_catalogue(2),
        first=[(_snapshot("killed"), 6)],
        last=_snapshot("last"),
    ),
    Scenario(
        "a run begins when another has just committed: it does not ask for its pages again",
        [run("a"), run("b")],
        build_catalogue(1),
        counts_late_calls=True,
    ),
    Scenario(
        "a reading without an order is not gone on with as if it had one",
        [run("a", min_coverage=0.5)],
        build_catalogue(6, moves=1),
    ),
    Scenario(
        "a torn checkpoint is met by two",
        [run("a"), run("b")],
        build_catalogue(3, moves=1),
        first=[(run("killed"), 9)],
        torn=["page_00002.zst"],
        switches=2,
        long=True,
    ),
    Scenario(
        "a request in vain is given up, and others asked it, too",
        [run("a", path=NOWHERE), run("b"), run("c", page_size=1)],
        build_catalogue(1),
        switches=3,
        may_fail=["a"],
        long=True,
    ),
)


def _of_details(name: str, *actors: Actor, catalogue: Catalogue) -> Scenario:
    """The list is committed before. Three rows are two items and one that was merged into another."""
    return Scenario(
        f"details: {name}",
        actors,
        catalogue,
        first=_COMMITTED,
        last=details("last"),
        again=details("again"),
    )


# Both answers for the item that was merged are stored by then.
_KILLED = (*_COMMITTED, (details("killed"), 17))

# Rows that leave are items that are gone.
OF_DETAILS = (
    replace(
        _of_details("one run, two faults", details("a"), catalogue=build_catalogue(3)), faults=2
    ),
    _of_details("items leave meanwhile", details("a"), catalogue=build_catalogue(3, moves=2)),
    replace(
        _of_details("two runs", details("a"), details("b"), catalogue=build_catalogue(3)),
        switches=3,
    ),
    replace(
        _of_details(
            "two runs, an item leaves",
            *(details("a"), details("b")),
            catalogue=build_catalogue(2, moves=1),
        ),
        switches=2,
    ),
    replace(
        _of_details(
            "two runs with budgets of their own, gc and a reader",
            *(details("a", daily_requests=2), details("b"), gc(), reader(partition=DETAILS)),
            catalogue=build_catalogue(3),
        ),
        switches=2,
    ),
    replace(
        _of_details(
            "a limited run and a whole one",
            *(details("a", max_pages=1), details("b")),
            catalogue=build_catalogue(3),
        ),
        switches=2,
    ),
    replace(
        _of_details(
            "a refetch while the list is refetched, gc",
            *(details("a", refetch=True), run("b", refetch=True), gc()),
            catalogue=build_catalogue(2, moves=1),
        ),
        first=(*_COMMITTED, (details("former", daily_requests=2), None)),
        switches=2,
    ),
    replace(
        _of_details(
            "a refetch that asks otherwise",
            *(details("a", refetch=True, params={"lang": "en"}), reader(partition=DETAILS)),
            catalogue=build_catalogue(3),
        ),
        first=(*_COMMITTED, (details("former"), None)),
    ),
    replace(
        _of_details("a torn redirect, one fault", details("a"), catalogue=build_catalogue(3)),
        first=_KILLED,
        torn=["page_00003.zst"],
        faults=1,
    ),
    replace(
        _of_details("torn behind a redirect", details("a"), catalogue=build_catalogue(3)),
        first=_KILLED,
        torn=["page_00003.again.zst"],
        faults=1,
    ),
)

INTERRUPTED_TWICE = (
    Scenario(
        "two runs are told different counts",
        [run("a"), run("b")],
        build_catalogue(2, moves=1),
        switches=2,
    ),
    Scenario(
        "a count that is stale", [run("a"), run("b")], build_catalogue(2, count=3), switches=2
    ),
)

# A list of one to three pages that moves once to three times, at every position.
MOVING = (
    Scenario("three pages, killed anywhere", [run("a")], build_catalogue(5, moves=1)),
    Scenario("three pages", [run("a")], build_catalogue(5, moves=2), kills=False),
    Scenario(
        "four pages",
        [run("a", page_size=1)],
        build_catalogue(4, moves=2),
        kills=False,
    ),
    Scenario(
        "four pages, the others from behind",
        [run("a", page_size=1, backwards=True)],
        build_catalogue(4, moves=2),
        kills=False,
        long=True,
    ),
    Scenario("two pages", [run("a")], build_catalogue(3, moves=3), kills=False, long=True),
    Scenario(
        "a count that stays too high",
        [run("a", page_size=1)],
        build_catalogue(3, moves=2, count=4),
        kills=False,
    ),
    Scenario(
        "a count that stays too low",
        [run("a", page_size=1)],
        build_catalogue(3, moves=2, count=2),
        kills=False,
    ),
)

# A part a page, so that parts are put before the proof, and before others have read or committed.
_A_PAGE = 1

_SMALL_PARTS = (
    Scenario("small parts: a run, two faults", [run("a")], build_catalogue(3), faults=2),
    Scenario("small parts: a run and gc", [run("a"), gc()], build_catalogue(5), faults=1),
    Scenario(
        "small parts: the pages from behind",
        [run("a", backwards=True)],
        build_catalogue(9),
        faults=1,
    ),
    Scenario(
        "small parts: two runs",
        [run("a"), run("b", backwards=True)],
        build_catalogue(5),
        switches=3,
        long=True,
    ),
    Scenario(
        "small parts: two runs over a list that moves, and gc",
        [run("a"), run("b"), gc()],
        build_catalogue(5, moves=1),
        switches=2,
        long=True,
    ),
    Scenario(
        "small parts: a list that moves", [run("a")], build_catalogue(5, moves=2), kills=False
    ),
    Scenario(
        "small parts: a refetch, gc and a reader",
        [run("a", refetch=True), gc(), reader()],
        build_catalogue(5, moves=1),
        first=_COMMITTED,
        switches=2,
    ),
    Scenario(
        "small parts: a run that was killed with some of them put",
        [run("a"), gc()],
        build_catalogue(5, moves=1),
        first=[(run("killed"), 11)],
    ),
    replace(
        _of_details(
            "small parts: two runs", details("a"), details("b"), catalogue=build_catalogue(3)
        ),
        switches=3,
    ),
)
SMALL_PARTS = tuple(replace(scenario, part_bytes=_A_PAGE) for scenario in _SMALL_PARTS)

RANDOM = (
    Scenario(
        "three runs, a refetch, gc, a reader, two faults, two moves",
        [run("a"), run("b"), run("c", refetch=True), run("d"), gc(), reader()],
        build_catalogue(5, moves=2),
        faults=2,
    ),
    Scenario(
        "two runs over a list that moves three times",
        [run("a"), run("b")],
        build_catalogue(5, moves=3),
    ),
)
