from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from gamemarket import make_bucket
from gamemarket.errors import ExitCode


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("S3_ENDPOINT", raising=False)
    with mock_aws():
        yield


def test_a_bucket_is_created_once(
    store: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_LAKE_BUCKET", "lake")
    assert make_bucket.main() == ExitCode.DONE
    assert make_bucket.main() == ExitCode.DONE
    assert capsys.readouterr().out.startswith("s3://lake created\ns3://lake ")


def test_without_a_name_it_says_which_variable(
    store: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DATA_LAKE_BUCKET", raising=False)
    assert make_bucket.main() == ExitCode.USAGE
    assert "DATA_LAKE_BUCKET is not set" in capsys.readouterr().err


def test_a_store_that_is_away_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "DATA_LAKE_BUCKET"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("S3_ENDPOINT", "http://127.0.0.1:1")
    assert make_bucket.main() == ExitCode.LAKE
    assert "that S3_ENDPOINT is its address" in capsys.readouterr().err
