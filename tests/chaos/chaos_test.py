"""Any trouble, a kill anywhere, run again: nothing lost, nothing twice, no call that can't be explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from gamemarket.folder_lake import FolderLake
from gamemarket.lake import Lake
from gamemarket.s3_lake import S3Lake
from tests.chaos.extraction import Extraction
from tests.chaos.scenario import Tally, play_scenarios
from tests.chaos.trouble import TROUBLES, Trouble
from tests.nightly import choose_count

# Scenarios of each kind of trouble; in a folder they are more, by night.
IN_A_SERVER = 5
BY_DAY, BY_DAY_IN_A_SERVER = 8, 2

pytestmark = pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)


def test_nothing_is_lost_and_nothing_paid_twice(
    extraction: Extraction,
    tallies: dict[tuple[str, str], Tally],
    tmp_path: Path,
    trouble: Trouble,
    request: pytest.FixtureRequest,
) -> None:
    wanted = choose_count(request, "scenarios", trouble.scenarios, BY_DAY)
    lakes: Iterator[Lake] = (FolderLake.open(tmp_path / f"lake{n}") for n in count())
    tally = play_scenarios(extraction, lakes, trouble, wanted)
    tallies["folder", trouble.name] = tally
    assert tally.failures == []


def test_nothing_is_lost_in_an_s3_server_either(
    extraction: Extraction,
    tallies: dict[tuple[str, str], Tally],
    make_s3_lake: Callable[[], S3Lake],
    trouble: Trouble,
    request: pytest.FixtureRequest,
) -> None:
    wanted = choose_count(request, "scenarios", IN_A_SERVER, BY_DAY_IN_A_SERVER)
    lakes: Iterator[Lake] = (make_s3_lake() for _ in count())
    tally = play_scenarios(extraction, lakes, trouble, wanted)
    tallies["S3", trouble.name] = tally
    assert tally.failures == []
