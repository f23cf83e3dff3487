"""DuckDB's access to a lake in S3, without a server."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr

from gamemarket.duckdb_lake import let_read_lake
from gamemarket.errors import LakeError, UsageError
from gamemarket.s3_access import S3Access
from gamemarket.s3_lake import find_s3_access


def access(endpoint: str | None) -> S3Access:
    return S3Access("lake", endpoint, "eu-west-1", "key-id", SecretStr("very-secret"), None)


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("http://127.0.0.1:9000", {"endpoint=127.0.0.1:9000", "url_style=path", "use_ssl=false"}),
        ("https://minio.example", {"endpoint=minio.example", "url_style=path", "use_ssl=true"}),
        (None, {"endpoint=s3.amazonaws.com", "url_style=vhost", "use_ssl=true"}),
    ],
)
def test_the_secret_is_for_the_bucket_and_in_memory(
    endpoint: str | None, expected: set[str]
) -> None:
    with duckdb.connect() as db:
        let_read_lake(db, access(endpoint))
        secrets = db.execute(
            "select persistent, scope, secret_string from duckdb_secrets()"
        ).fetchall()
    ((persistent, scope, text),) = secrets
    assert (persistent, scope) == (False, ["s3://lake"])
    assert expected | {"region=eu-west-1", "secret=redacted"} <= set(text.split(";"))


def test_a_folder_needs_none() -> None:
    with duckdb.connect() as db:
        let_read_lake(db, None)
        assert db.execute("select count(*) from duckdb_secrets()").fetchall() == [(0,)]


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9000", "http://minio/bucket", "ftp://minio"])
def test_an_endpoint_that_is_no_server_is_refused(endpoint: str) -> None:
    with duckdb.connect() as db, pytest.raises(UsageError, match=r"S3_ENDPOINT.*http\(s\)://"):
        let_read_lake(db, access(endpoint))


def test_no_secret_is_shown() -> None:
    assert "very-secret" not in repr(access(None))


def test_credentials_that_are_nowhere_are_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(LakeError, match="AWS_DEFAULT_REGION and the AWS credentials"):
        find_s3_access("lake", None)
