"""What every store promises (libs/common/gamemarket/lake_test.py), asked of a real S3 server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import boto3
import pytest

from gamemarket.errors import LakeError, MissingObjectError
from gamemarket.lake_test import (
    manifest,
    test_a_listing_goes_on_after_a_thousand_objects,
    test_a_listing_is_sorted_and_holds_only_its_prefix,
    test_a_listing_of_nothing_is_empty,
    test_a_missing_object_is_named,
    test_a_put_object_is_read_back,
    test_a_removed_object_can_be_put_again,
    test_a_second_put_is_refused_and_changes_nothing,
    test_removing_what_is_not_there_is_no_error,
    test_the_pointer_is_replaced,
)
from gamemarket.s3_lake import S3Lake
from tests.object_store import ObjectStore

__all__ = [
    "test_a_listing_goes_on_after_a_thousand_objects",
    "test_a_listing_is_sorted_and_holds_only_its_prefix",
    "test_a_listing_of_nothing_is_empty",
    "test_a_missing_object_is_named",
    "test_a_put_object_is_read_back",
    "test_a_removed_object_can_be_put_again",
    "test_a_second_put_is_refused_and_changes_nothing",
    "test_removing_what_is_not_there_is_no_error",
    "test_the_pointer_is_replaced",
]

WRITERS = 32


@pytest.fixture
def s3_lake(object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> S3Lake:
    """As a stage opens it."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers credentials
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    return S3Lake.connect(object_store.make_bucket(), object_store.endpoint)


@pytest.fixture
def lake(s3_lake: S3Lake) -> S3Lake:
    return s3_lake


def test_of_many_writers_at_once_exactly_one_succeeds(lake: S3Lake) -> None:
    start = Barrier(WRITERS)

    def write(body: bytes) -> bool:
        start.wait()
        return lake.put_if_absent(manifest(), body)

    bodies = [str(n).encode() * 100_000 for n in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as threads:
        won = list(threads.map(write, bodies))
    assert won.count(True) == 1
    assert lake.get(manifest()) == bodies[won.index(True)]


def test_a_bucket_that_does_not_exist_is_not_an_empty_lake(
    lake: S3Lake, object_store: ObjectStore
) -> None:
    nowhere = S3Lake.connect("no-such-lake", object_store.endpoint)
    with pytest.raises(LakeError, match="DATA_LAKE_BUCKET") as refused:
        nowhere.get(manifest())
    assert not isinstance(refused.value, MissingObjectError)
    with pytest.raises(LakeError, match="DATA_LAKE_BUCKET"):
        list(nowhere.list(""))


def test_a_key_that_the_server_does_not_know_is_refused_with_what_to_do(
    object_store: ObjectStore, lake: S3Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    stranger = S3Lake.connect(object_store.make_bucket(), object_store.endpoint)
    with pytest.raises(LakeError, match="credentials") as refused:
        stranger.get(manifest())
    assert not isinstance(refused.value, MissingObjectError)
