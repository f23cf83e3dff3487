from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamemarket.lake_keys import (
    CheckpointKey,
    FormerReportKey,
    LakeKey,
    LedgerBlockKey,
    LedgerSettledKey,
    ManifestKey,
    MartKey,
    MartMonthKey,
    MartsPointerKey,
    Partition,
    PartKey,
    QualityKey,
    QueryKey,
    ReportKey,
    SourceKey,
)

names = st.from_regex(r"[a-z][a-z0-9_]{0,30}", fullmatch=True)
numbers = st.integers(min_value=1, max_value=10**7)
partitions = st.builds(
    Partition, source=names, endpoint=names, run_date=st.dates(min_value=date(1000, 1, 1))
)
run_ids = st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True)
keys: st.SearchStrategy[LakeKey] = st.one_of(
    st.builds(QueryKey, partition=partitions, generation=numbers, reading=numbers),
    st.builds(
        CheckpointKey, partition=partitions, generation=numbers, reading=numbers, page=numbers
    ),
    st.builds(PartKey, partition=partitions, generation=numbers, run_id=run_ids, part=numbers),
    st.builds(ManifestKey, partition=partitions, generation=numbers),
    st.builds(
        LedgerBlockKey,
        source=names,
        period=st.just("2024-01-01"),
        run_id=run_ids,
        block=numbers,
        requests=numbers,
    ),
    st.builds(
        LedgerSettledKey,
        source=names,
        period=st.just("2024-01-01"),
        run_id=run_ids,
        requests=st.integers(min_value=0, max_value=10**7),
    ),
    st.builds(SourceKey, source=names),
    st.builds(MartKey, build_id=run_ids, model=names),
    st.builds(
        MartMonthKey,
        build_id=run_ids,
        model=names,
        month=st.from_regex(r"[0-9]{4}-[0-9]{2}", fullmatch=True),
    ),
    st.builds(QualityKey, build_id=run_ids),
    st.builds(ReportKey, build_id=run_ids, edition=numbers),
    st.builds(FormerReportKey, build_id=run_ids),
    st.sampled_from([MartsPointerKey(target="dev"), MartsPointerKey(target="prod")]),
)


def parse(text: str) -> list[LakeKey]:
    """The text as a key of each kind that takes it."""
    kinds: list[type[LakeKey]] = [*LakeKey.__subclasses__(), *CheckpointKey.__subclasses__()]
    return [key for kind in kinds if (key := kind.parse(text))]


@given(keys)
def test_parsing_what_was_built_gives_the_key_again(key: LakeKey) -> None:
    assert parse(str(key)) == [key]


def test_keys_are_named_as_the_design_says() -> None:
    games = Partition(source="rawg", endpoint="games", run_date=date(2024, 1, 1))
    checkpoint = CheckpointKey(partition=games, generation=1, reading=1, page=1)
    assert str(checkpoint) == (
        "inflight/rawg/games/run_date=2024-01-01/gen_001/reading_01/page_00001.zst"
    )
    part = PartKey(partition=games, generation=1, run_id="ab", part=1)
    assert str(part) == "raw/rawg/games/run_date=2024-01-01/gen_001_ab_part_00001.jsonl.zst"
    assert str(ManifestKey(partition=games, generation=1)) == (
        "manifests/rawg/games/run_date=2024-01-01/gen_001.json"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "raw/rawg/games/run_date=2024-01-01/something.json",
        "manifests/rawg/games/run_date=2024-02-30/gen_001.json",
        "manifests/rawg/games/run_date=2024-01-01/gen_1.json",
        "manifests/rawg/games/run_date=2024-01-01/gen_000.json",
        "manifests/rawg/games/run_date=2024-01-01/gen_001.json.bak",
        "manifests/rawg/../run_date=2024-01-01/gen_001.json",
    ],
)
def test_a_name_that_nobody_writes_is_refused(text: str) -> None:
    assert parse(text) == []
