"""What an API does to a run: faults and moving rows, as rules for the sandbox, drawn by a seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from gamemarket.errors import ExitCode

type Rules = list[dict[str, Any]]

GAMES: Final = "games"
PAGE_SIZE: Final = 5
DETAILS: Final = "game_details"  # of what the day's list names, which is read before the trouble
PLATFORMS: Final = "platforms"  # no order is honoured: no proof, but a coverage


@dataclass(frozen=True)
class Trouble:
    """One kind of trouble.

    `faults` and `moves` draw the sandbox's rules. `spoils`: each injected fault costs a call, as
    its answer is no page. `tears`: each kill tears a checkpoint, as a power cut may. `ends_with`:
    codes that a run may end with for good, besides 0. `page_sizes`: what endpoints.json says
    before and after the first kill. `scenarios`: how many are played in a folder.
    """

    name: str
    faults: Callable[[Random], Rules] = lambda dice: []
    moves: Callable[[Random], Rules] = lambda dice: []
    endpoint: str = GAMES
    spoils: bool = True
    tears: bool = False
    ends_with: frozenset[ExitCode] = frozenset()
    page_sizes: tuple[int, int] = (PAGE_SIZE, PAGE_SIZE)
    scenarios: int = 40

    def draw(self, seed: str) -> tuple[Rules, Rules]:
        """The faults and moves of one scenario."""
        dice = Random(f"{self.name} {seed}")
        return self.faults(dice), self.moves(dice)


def _often(kind: str, share: float = 0.3, **more: object) -> Callable[[Random], Rules]:
    """A share of all calls is spoiled; which, is a matter of the seed alone."""
    return lambda dice: [
        {"kind": kind, "probability": share, "seed": dice.randrange(10**6), **more}
    ]


def _now_this_now_that(*kinds: str) -> Callable[[Random], Rules]:
    """Each kind for a share of all calls."""
    return lambda dice: [rule for kind in kinds for rule in _often(kind, 0.06)(dice)]


def _midway(kind: str, times: int = 1) -> Callable[[Random], Rules]:
    """From some call on, so many times."""
    return lambda dice: [{"kind": kind, "after": dice.randrange(12), "times": times}]


def _on_some_pages(kind: str, **more: object) -> Callable[[Random], Rules]:
    """Two pages behind the first, the first time they are asked for."""
    return lambda dice: [{"kind": kind, "page": dice.sample(range(2, 13), 2), "first": 1, **more}]


def _wrong_counts(dice: Random) -> Rules:
    by = dice.choice([-17, -6, -5, -1, 1, 4, 5, 11])
    return [{"kind": "wrong_count", "by": by, "probability": 0.4, "seed": dice.randrange(10**6)}]


def _leave(kind: str, rules: int) -> Callable[[Random], Rules]:
    """One row leaves right before a page is answered; mostly at an end, where it is hard to see."""
    return lambda dice: [
        {
            "kind": kind,
            "page": dice.choice([1, 12, dice.randrange(2, 12)]),
            "asked": dice.choice([1, 1, 2]),
            "positions": [dice.choice([dice.randrange(5), dice.randrange(50)])],
        }
        for _ in range(rules)
    ]


def _move(kind: str, rules: int) -> Callable[[Random], Rules]:
    """Rows are moved right before some page is answered, where chance will have them."""
    return lambda dice: [
        {"kind": kind, "page": dice.randrange(1, 12), "seed": dice.randrange(10**6)}
        for _ in range(rules)
    ]


def _swap(dice: Random) -> Rules:
    return [{**rule, "endpoint": PLATFORMS} for rule in _move("swap", 2)(dice)]


def _leave_and_come(dice: Random) -> Rules:
    return _leave("delete", 3)(dice) + _move("insert", 3)(dice) + _leave("edit", 2)(dice)


# Of what is told from its neighbour in this table by little.
FEW: Final = 10

_DRIFTED: Final = frozenset({ExitCode.DATA})

TROUBLES: Final[Sequence[Trouble]] = (
    Trouble("500", _often("500")),
    Trouble("502 with HTML", _often("502")),
    Trouble("503", _often("503")),
    Trouble(
        "408 and Cloudflare's", _now_this_now_that("408", "504", "520", "522", "524"), scenarios=FEW
    ),
    Trouble("429", _often("429")),
    Trouble("429, Retry-After", _often("429", 0.15, retry_after=1)),
    Trouble(
        "429, Retry-After a date",
        _often("429", 0.15, retry_after=1, retry_after_as="date"),
        scenarios=FEW,
    ),
    Trouble("quota spent midway", _midway("quota", 2)),
    Trouble("403 midway", _midway("403"), scenarios=FEW),
    Trouble("hang", _often("hang", 0.06, seconds=0.6)),
    Trouble("trickle", _often("trickle", 0.06, seconds=2.0)),
    Trouble("reset", _often("reset")),
    Trouble("reset in the body", _often("reset_body", 0.15), scenarios=FEW),
    Trouble("truncated body", _often("truncated")),
    Trouble("Content-Length too small", _often("length_short"), scenarios=FEW),
    Trouble("Content-Length too large", _often("length_long")),
    Trouble("HTML with 200", _often("html"), scenarios=FEW),
    Trouble("JSON cut short", _often("cut_json")),
    Trouble("empty body", _often("empty_body"), scenarios=FEW),
    Trouble("empty page, more to come", _often("empty_page")),
    Trouble("empty page, the end", _often("empty_end"), scenarios=FEW),
    # Every try of a page must not give the same: that is no outage.
    Trouble("redirect object", _often("redirect", 0.15)),
    Trouble("object without results", _often("no_results", 0.15), scenarios=FEW),
    Trouble("404 in the middle", _on_some_pages("404"), spoils=False, ends_with=_DRIFTED),
    Trouble("short page", _on_some_pages("short_page"), spoils=False, ends_with=_DRIFTED),
    Trouble("wrong count", _wrong_counts, spoils=False, ends_with=_DRIFTED),
    Trouble("falling count", _often("falling_count", 1.0), spoils=False, ends_with=_DRIFTED),
    Trouble("torn checkpoints", _often("503", 0.1), _leave("delete", 1), tears=True),
    Trouble("another page size", _often("503", 0.1), page_sizes=(PAGE_SIZE, 4), scenarios=FEW),
    Trouble("deletions", moves=_leave("delete", 1), ends_with=_DRIFTED),
    Trouble(
        "edits: rows leave the day", moves=_leave("edit", 1), ends_with=_DRIFTED, scenarios=FEW
    ),
    Trouble("insertions", moves=_move("insert", 2), ends_with=_DRIFTED),
    Trouble("moved pages", moves=_swap, endpoint=PLATFORMS, ends_with=_DRIFTED),
    Trouble("details: 500", _often("500"), endpoint=DETAILS, scenarios=FEW),
    Trouble("details: quota spent", _midway("quota", 2), endpoint=DETAILS, scenarios=FEW),
    Trouble("details: hang", _often("hang", 0.02, seconds=0.6), endpoint=DETAILS, scenarios=FEW),
    Trouble(
        "details: torn checkpoints", _often("503", 0.1), endpoint=DETAILS, tears=True, scenarios=FEW
    ),
    Trouble(
        "details: all at once",
        _now_this_now_that("503", "reset", "html", "truncated", "cut_json", "429"),
        endpoint=DETAILS,
    ),
    Trouble(
        "all at once",
        _now_this_now_that("503", "reset", "html", "truncated", "429"),
        _leave_and_come,
        ends_with=_DRIFTED,
    ),
)
