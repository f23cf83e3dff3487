from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from extractor.conftest import LoopbackApi, build_endpoint
from extractor.extract_endpoint import extract_endpoint
from extractor.extract_endpoint_test import ALL, KilledError, KillingLake, current, keys
from extractor.inspection.collect_garbage import collect_garbage, find_garbage
from extractor.inspection.verify import verify_partition
from extractor.open_run import Run
from extractor.planning.decide import ReadOptions
from gamemarket.errors import ExitCode
from gamemarket.folder_lake import FolderLake

DAY = date(2024, 1, 1)
StartRun = Callable[..., Run]


@pytest.fixture
def part(lake: FolderLake, start_run: StartRun) -> Path:
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    return Path(lake.uri, current(lake).parts[0].key)


def test_what_was_committed_verifies(lake: FolderLake, part: Path) -> None:
    summary = verify_partition(lake, current(lake))
    assert (summary.state, summary.exit_code, summary.rows) == ("verified", ExitCode.DONE, 25)


def test_a_refetched_partition_verifies(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun, part: Path
) -> None:
    api.rows = [{"id": 25}, {"id": 26}]
    extract_endpoint(start_run(), build_endpoint(), DAY, ReadOptions(refetch=True))
    assert verify_partition(lake, current(lake)).state == "verified"


@pytest.mark.parametrize("position", [0, 20, -1])
def test_one_byte_that_differs_is_found_and_its_key_named(
    lake: FolderLake, part: Path, position: int
) -> None:
    body = bytearray(part.read_bytes())
    body[position] ^= 1
    part.write_bytes(body)
    summary = verify_partition(lake, current(lake))
    assert (summary.state, summary.exit_code) == ("damaged", ExitCode.DATA)
    assert current(lake).parts[0].key in summary.reasons[0]


def test_a_part_that_is_gone_is_named(lake: FolderLake, part: Path) -> None:
    part.unlink()
    summary = verify_partition(lake, current(lake))
    assert summary.reasons == (f"{current(lake).parts[0].key}: missing",)


def test_a_manifest_that_counts_otherwise_is_found(lake: FolderLake, part: Path) -> None:
    manifest = current(lake)
    assert verify_partition(lake, manifest.model_copy(update={"distinct_ids": 24})).reasons
    pages = (manifest.pages[0].model_copy(update={"rows": 4}), *manifest.pages[1:])
    assert verify_partition(lake, manifest.model_copy(update={"pages": pages})).reasons
    pages = (manifest.pages[0].model_copy(update={"sha256": "0"}), *manifest.pages[1:])
    assert verify_partition(lake, manifest.model_copy(update={"pages": pages})).reasons


def test_parts_of_runs_that_died_are_garbage_once_a_generation_is_committed(
    lake: FolderLake, start_run: StartRun
) -> None:
    with pytest.raises(KilledError):  # request, 5 checkpoints, 2 again, part
        extract_endpoint(
            start_run(lake=KillingLake(lake, 9, after=True)), build_endpoint(), DAY, ALL
        )
    (orphan,) = keys(lake, "raw/")
    assert find_garbage(lake, "rawg") == []
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    garbage = find_garbage(lake, "rawg")
    assert [stored.key for stored in garbage] == [orphan]
    collect_garbage(lake, garbage)
    assert keys(lake, "raw/") == [part.key for part in current(lake).parts]
    assert verify_partition(lake, current(lake)).state == "verified"


def test_parts_of_a_superseded_generation_are_named_and_stay(
    lake: FolderLake, start_run: StartRun, part: Path
) -> None:
    extract_endpoint(start_run(), build_endpoint(path="/other"), DAY, ReadOptions(refetch=True))
    assert len(keys(lake, "raw/")) == 2
    assert find_garbage(lake, "rawg") == []


def test_a_part_of_a_generation_that_is_still_open_is_no_garbage(
    lake: FolderLake, start_run: StartRun, part: Path
) -> None:
    with pytest.raises(KilledError):
        killing = KillingLake(lake, 9, after=True)
        extract_endpoint(start_run(lake=killing), build_endpoint(), DAY, ReadOptions(refetch=True))
    assert len(keys(lake, "raw/")) == 2
    assert find_garbage(lake, "rawg") == []
