"""One scenario: trouble, kills, run again until it ends, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from extractor.api.ledger import MAX_BLOCK_REQUESTS, Ledger, find_period
from extractor.planning.decide import ReadOptions
from extractor.workers.worker_pool import count_workers
from gamemarket.errors import ExitCode
from gamemarket.lake import Lake
from gamemarket.lake_keys import CheckpointKey
from tests.chaos.extraction import DAY, MORNING_AFTER, WORKERS, Extraction
from tests.chaos.judgement import Judgement
from tests.chaos.kill_points import KilledError, KillingLake, KillPoint, draw_kill_points
from tests.chaos.trouble import DETAILS, GAMES, Trouble
from tests.inflight_keys import parse_inflight_key

# Nobody runs a command this often in vain.
_MOST_RUNS: Final = 12
# After these the same command is to be run again.
_RUN_AGAIN: Final = frozenset({ExitCode.UNAVAILABLE, ExitCode.STOPPED_EARLY})
# Every so manieth scenario has a second kill, of the run that comes after the first.
_SECOND_KILL_EVERY: Final = 3
_CHANGES: Final[dict[str, Counter[str]]] = {}


@dataclass
class Tally:
    """What was counted over the scenarios of one kind of trouble."""

    scenarios: int = 0
    kills: int = 0
    runs: int = 0
    pages: int = 0
    calls: int = 0
    injected: int = 0
    moved: int = 0
    rereadings: int = 0
    incomplete: int = 0
    rows: int = 0
    rows_lost: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass
class Scenario:
    """A run that meets trouble, and dies at the points one after the other.

    `readers`: how many runs at once pay for what they all read.
    """

    extraction: Extraction
    lake: Lake
    trouble: Trouble
    seed: str
    points: Sequence[KillPoint] = ()
    readers: int = 1
    calls_before: int = 0
    kills: int = 0
    tears: int = 0
    codes: list[ExitCode] = field(default_factory=list)
    changes: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        points = ", ".join(map(str, self.points)) or "no kill"
        return f"{self.trouble.name}, seed {self.seed}, {points}; ended with {self.codes}"

    def play(self) -> None:
        """Runs until nothing is left to do; AssertionError when that does not come."""
        self.begin()
        self.finish()

    def begin(self) -> None:
        """The trouble begins; the list that details are of has been read before."""
        faults, moves = self.trouble.draw(self.seed)
        self.extraction.prepare([], [])
        if self.trouble.endpoint == DETAILS:
            assert self.extraction.run(self.lake, GAMES) == ExitCode.DONE, self.extraction.said
            self.calls_before = self._calls
        self.extraction.sandbox.server.moves.put(moves)
        self.extraction.sandbox.server.faults.put(faults)

    def finish(self) -> None:
        """Goes on with what is there."""
        for _ in range(_MOST_RUNS):
            # A run that stops early may never come to its point: then the next one dies there.
            point = self.points[self.kills] if self.kills < len(self.points) else None
            if self.run(point) in {ExitCode.DONE, *self.trouble.ends_with}:
                return
            assert not self.codes or self.codes[-1] in _RUN_AGAIN, f"{self}: a wrong exit code"
        raise AssertionError(f"{self}: no end after {_MOST_RUNS} runs")

    def run(self, point: KillPoint | None) -> ExitCode | None:
        """One run; None when it was killed."""
        lake = KillingLake(self.lake, point)
        try:
            page_size = self.trouble.page_sizes[self.kills > 0]
            code = self.extraction.run(lake, self.trouble.endpoint, page_size=page_size)
        except KilledError:
            self.kills += 1
            if self.trouble.tears:
                self._tear_a_checkpoint()
            return None
        finally:
            self.changes = lake.changes
        self.codes.append(code)
        return code

    def _tear_a_checkpoint(self) -> None:
        found = [parse_inflight_key(stored.key) for stored in self.lake.list("inflight/")]
        checkpoints = [key for key in found if isinstance(key, CheckpointKey)]
        if not checkpoints:
            return
        torn = Random(f"{self.seed} {self.kills}").choice(checkpoints)
        body = self.lake.get(torn)
        self.lake.delete([str(torn)])
        self.lake.put_if_absent(torn, body[: len(body) // 2])
        self.tears += 1

    def judge(self, tally: Tally | None = None) -> None:
        """Compares with the truth and counts; AssertionError names the scenario."""
        tally = tally or Tally()
        judgement = Judgement.of(self.lake, self.trouble.endpoint, DAY)
        truth = self.extraction.tell_truth(self.trouble.endpoint)
        complete = self.codes[-1] == ExitCode.DONE
        lost = judgement.count_lost(truth) if complete else 0
        self._count(tally, judgement, lost)
        problems = list(judgement.find_problems(truth))
        assert not problems, f"{self}: {'; '.join(problems)}"
        assert judgement.manifest.complete == complete, f"{self}: not what the manifest says"
        assert not lost, f"{self}: {lost} rows lost"
        self._judge_calls(judgement)
        self._judge_ledger()
        self._judge_another_run()
        if not complete:
            self._judge_refetch()

    def _count(self, tally: Tally, judgement: Judgement, lost: int) -> None:
        tally.scenarios += 1
        tally.kills += self.kills
        tally.runs += self.kills + len(self.codes)
        tally.pages += len(judgement.lines)
        tally.calls += self._calls
        tally.injected += self._injected
        tally.moved += len(self.extraction.sandbox.server.moves.report()["moves"])
        tally.rereadings += len(judgement.manifest.readings) - 1
        tally.incomplete += self.codes[-1] != ExitCode.DONE
        tally.rows += len(judgement.rows)
        tally.rows_lost += lost

    @property
    def _calls(self) -> int:
        return self.extraction.sandbox.server.calls.total

    @property
    def _injected(self) -> int:
        return self.extraction.sandbox.server.calls.faults.total()

    def _judge_calls(self, judgement: Judgement) -> None:
        failed = self._injected if self.trouble.spoils else 0
        # On a busy machine the client gives up more requests than were made to hang.
        failed = max(failed, self.extraction.timeouts)
        most = (
            self.readers * judgement.calls_explained()
            + failed
            + count_workers(WORKERS) * self.kills
        )
        most += self.calls_before
        most += self.tears  # the pages themselves; what was whole of their readings is kept
        assert self._calls <= most, f"{self}: {self._calls} calls, {most} can be explained"

    def _judge_ledger(self) -> None:
        ledger = Ledger(self.lake, "rawg", find_period(MORNING_AFTER.date(), 1))
        booked, most = ledger.count_requests(), self._calls + MAX_BLOCK_REQUESTS * self.kills
        assert self._calls <= booked <= most, f"{self}: {self._calls} calls, {booked} booked"

    def _judge_another_run(self) -> None:
        """What is committed is not asked for again."""
        before = self._calls
        assert self.run(None) == self.codes[-2], f"{self}: another run ended otherwise"
        assert self._calls == before, f"{self}: another run asked the API"

    def _judge_refetch(self) -> None:
        """What was known to be incomplete is made whole when the trouble is over."""
        server = self.extraction.sandbox.server
        server.faults.put([])
        server.moves.put([])
        refetch = ReadOptions(refetch=True)
        code = self.extraction.run(self.lake, self.trouble.endpoint, refetch)
        judgement = Judgement.of(self.lake, self.trouble.endpoint, DAY)
        lost = judgement.count_lost(self.extraction.tell_truth(self.trouble.endpoint))
        assert (code, lost) == (ExitCode.DONE, 0), f"{self}: refetched {code}, {lost} rows lost"


def play_scenarios(
    extraction: Extraction, lakes: Iterator[Lake], trouble: Trouble, wanted: int
) -> Tally:
    """So many scenarios, each with a lake and a kill point of its own; all are played."""
    tally = Tally()
    for number, points in enumerate(_draw_points(extraction, next(lakes), trouble, wanted)):
        scenario = Scenario(extraction, next(lakes), trouble, str(number), points)
        try:
            scenario.play()
            scenario.judge(tally)
        except AssertionError as error:
            tally.failures.append(str(error))
    return tally


def _draw_points(
    extraction: Extraction, lake: Lake, trouble: Trouble, wanted: int
) -> list[list[KillPoint]]:
    """Draws among the changes that a run makes."""
    changes = _count_changes(extraction, lake, trouble.endpoint)
    points = draw_kill_points(changes, wanted, trouble.name)
    return [
        [point, points[number - 1]] if number % _SECOND_KILL_EVERY == 1 else [point]
        for number, point in enumerate(points)
    ]


def _count_changes(extraction: Extraction, lake: Lake, endpoint: str) -> Counter[str]:
    """Of a run that nobody disturbs: measured once an endpoint, in whichever lake comes first."""
    if endpoint not in _CHANGES:
        undisturbed = Scenario(extraction, lake, Trouble("nothing", endpoint=endpoint), "")
        undisturbed.play()
        _CHANGES[endpoint] = undisturbed.changes
    return _CHANGES[endpoint]
