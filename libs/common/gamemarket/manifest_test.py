from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from gamemarket.errors import LakeError
from gamemarket.lake import Lake
from gamemarket.lake_keys import ManifestKey, Partition
from gamemarket.manifest import (
    Manifest,
    ReadingRecord,
    find_current_manifests,
    read_current_manifest,
)

NOON = datetime(2024, 1, 2, 12, tzinfo=UTC)
GAMES = Partition(source="rawg", endpoint="games", run_date=date(2024, 1, 1))


def build_manifest(partition: Partition, generation: int) -> Manifest:
    return Manifest(
        source=partition.source,
        endpoint=partition.endpoint,
        run_date=partition.run_date,
        generation=generation,
        run_id="r1",
        fingerprint="f",
        params={},
        page_size=40,
        page_limit=None,
        max_pages=None,
        complete=True,
        reasons=(),
        parts=(),
        pages=(),
        readings=(),
        count=0,
        rows=0,
        distinct_ids=0,
        duplicates=0,
        requests=1,
        started_at=NOON,
        finished_at=NOON,
        extractor_version="0",
    )


def put(lake: Lake, partition: Partition, generation: int) -> Manifest:
    manifest = build_manifest(partition, generation)
    lake.put_if_absent(manifest.key, manifest.to_bytes())
    return manifest


def test_a_partition_without_manifest_has_none(lake: Lake) -> None:
    assert read_current_manifest(lake, GAMES) is None


def test_the_highest_generation_is_the_current_one(lake: Lake) -> None:
    manifests = [put(lake, GAMES, generation) for generation in (1, 2, 10)]
    assert read_current_manifest(lake, GAMES) == manifests[-1]


def test_current_manifests_are_found_by_endpoint(lake: Lake) -> None:
    next_day = Partition(source="rawg", endpoint="games", run_date=date(2024, 1, 2))
    genres = Partition(source="rawg", endpoint="genres", run_date=date(2024, 1, 1))
    game_tags = Partition(source="rawg", endpoint="games_tags", run_date=date(2024, 1, 1))
    for partition, generation in [(GAMES, 1), (GAMES, 2), (next_day, 1), (genres, 1)]:
        put(lake, partition, generation)
    put(lake, game_tags, 1)
    assert find_current_manifests(lake, "rawg", "games") == {
        GAMES: ManifestKey(partition=GAMES, generation=2),
        next_day: ManifestKey(partition=next_day, generation=1),
    }
    assert len(find_current_manifests(lake)) == 4


def test_a_manifest_with_fields_of_another_version_is_read(lake: Lake) -> None:
    reading = ReadingRecord(generation=1, reading=1, params={}, count=7, distinct_ids=5)
    manifest = build_manifest(GAMES, 1).model_copy(update={"readings": (reading,)})
    former = json.loads(manifest.to_bytes())
    former["readings"][0]["unaccounted"] = 2
    lake.put_if_absent(manifest.key, json.dumps(former).encode())
    assert read_current_manifest(lake, GAMES) == manifest


def test_a_manifest_that_is_none_is_refused(lake: Lake) -> None:
    lake.put_if_absent(ManifestKey(partition=GAMES, generation=1), b'{"source": "rawg"}')
    with pytest.raises(LakeError, match=r"gen_001\.json is not a manifest"):
        read_current_manifest(lake, GAMES)


def test_a_manifest_that_stands_under_anothers_key_is_refused(lake: Lake) -> None:
    elsewhere = ManifestKey(partition=GAMES, generation=2)
    lake.put_if_absent(elsewhere, build_manifest(GAMES, 1).to_bytes())
    with pytest.raises(LakeError, match=r"gen_002\.json is the manifest of .*gen_001\.json"):
        read_current_manifest(lake, GAMES)


def test_a_copy_of_a_manifest_is_passed_over_and_named_once(
    lake: Lake, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gamemarket.lake_keys._strangers", set())

    class Copy(ManifestKey):
        template = ManifestKey.template.replace(".json", " (conflicted copy).json")

    manifest = put(lake, GAMES, 1)
    lake.put_if_absent(Copy(partition=GAMES, generation=2), b"")
    for _ in range(2):
        assert read_current_manifest(lake, GAMES) == manifest
    assert caplog.text.count("gen_002 (conflicted copy).json is passed over") == 1
