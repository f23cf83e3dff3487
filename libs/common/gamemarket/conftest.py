"""Both kinds of lake, each real to its last byte: a folder, and a bucket of moto's S3 in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from gamemarket.folder_lake import FolderLake
from gamemarket.lake import Lake
from gamemarket.s3_lake import S3Lake

BUCKET = "test-lake"


@pytest.fixture
def s3_lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Lake]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield S3Lake.connect(BUCKET, None)


@pytest.fixture
def folder_lake(tmp_path: Path) -> FolderLake:
    return FolderLake.open(tmp_path / "lake")


@pytest.fixture(params=["folder", "s3"])
def lake(request: pytest.FixtureRequest) -> Lake:
    store: Lake = request.getfixturevalue(f"{request.param}_lake")
    return store
