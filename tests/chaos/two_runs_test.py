"""Two runs of one partition at once, while the API fails and rows move, and one of them is killed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from gamemarket.errors import ExitCode
from gamemarket.folder_lake import FolderLake
from gamemarket.lake import Lake
from gamemarket.s3_lake import S3Lake
from tests.chaos.extraction import DAY, Extraction
from tests.chaos.judgement import Judgement
from tests.chaos.kill_points import ANY, KillPoint
from tests.chaos.scenario import Scenario
from tests.chaos.trouble import TROUBLES, Trouble
from tests.nightly import choose_count

ROUNDS, BY_DAY = 4, 2
CHOSEN = {
    "500",
    "reset",
    "JSON cut short",
    "404 in the middle",
    "wrong count",
    "deletions",
    "insertions",
    "moved pages",
    "details: all at once",
    "all at once",
}

pytestmark = pytest.mark.parametrize(
    "trouble", [t for t in TROUBLES if t.name in CHOSEN], ids=lambda trouble: trouble.name
)


def run_two_at_once(extraction: Extraction, lake: Lake, trouble: Trouble, seed: int) -> None:
    """One of them dies at a point that the seed draws, if it comes that far."""
    dice = Random(seed)
    point = KillPoint(ANY, dice.randrange(1, 25), dice.random() < 0.5)
    scenario = Scenario(extraction, lake, trouble, str(seed), (point,), readers=2)
    scenario.begin()
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(scenario.run, [point, None]))
    assert {*scenario.codes} <= {ExitCode.DONE, ExitCode.UNAVAILABLE, *trouble.ends_with}
    scenario.points = ()
    scenario.finish()
    scenario.judge()
    committed = Judgement.of(lake, trouble.endpoint, DAY).manifest
    assert {part.key.rpartition("/")[2][:7] for part in committed.parts} <= {"gen_001", "gen_002"}


def test_in_a_folder(
    extraction: Extraction, tmp_path: Path, trouble: Trouble, request: pytest.FixtureRequest
) -> None:
    for seed in range(choose_count(request, "rounds", ROUNDS, BY_DAY)):
        lake = FolderLake.open(tmp_path / f"lake{seed}")
        run_two_at_once(extraction, lake, trouble, seed)


def test_in_an_s3_server(
    extraction: Extraction, make_s3_lake: Callable[[], S3Lake], trouble: Trouble
) -> None:
    run_two_at_once(extraction, make_s3_lake(), trouble, ROUNDS)
