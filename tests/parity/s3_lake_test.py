"""DuckDB over a lake in S3: the same marts as over a folder, and no secret left anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from gamemarket.errors import LakeError
from gamemarket.lake import open_lake
from gamemarket.published_marts import read_pointer
from gamemarket.settings import load_settings
from gamemarket.stage import Reporter
from reporter.cli import cli as reporter_cli
from tests.object_store import ObjectStore, serve_objects
from tests.parity.builds import Builder, Marts, compare, find_files, read_answers
from tests.parity.emulation import Emulation
from tests.parity.lakes import TwoDays
from transformer.build import BuildOptions, build_warehouse
from transformer.cli import cli


@dataclass(frozen=True)
class Bucket:
    """A bucket that holds the lake of two days, and the home of a build over it."""

    store: ObjectStore
    name: str
    home: Path

    @property
    def secret(self) -> str:
        return self.store.environment["AWS_SECRET_ACCESS_KEY"]


@pytest.fixture(scope="module")
def bucket(lakes: TwoDays, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with serve_objects(tmp_path_factory.mktemp("objects")) as store:
        name, client = store.make_bucket(), store.connect()
        for file in sorted(lakes.second.rglob("*")):
            key = file.relative_to(lakes.second).as_posix()
            if file.is_file() and not key.startswith("marts/"):
                client.put_object(Bucket=name, Key=key, Body=file.read_bytes())
        yield Bucket(store, name, tmp_path_factory.mktemp("s3") / "home")


@pytest.fixture
def in_s3(bucket: Bucket, lakes: TwoDays, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """The environment of a stage whose lake is the bucket."""
    with Builder(bucket.home, Emulation(bucket.home)).environment(lakes.second):
        monkeypatch.setenv("HOME", str(bucket.home))  # where DuckDB would keep a lasting secret
        for name, value in bucket.store.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("DATA_LAKE_BUCKET", bucket.name)
        yield bucket


@pytest.fixture(scope="module")
def from_folder(builder: Builder, lakes: TwoDays) -> Marts:
    return builder.build("dev", lakes.second)


def test_a_lake_in_s3_gives_the_marts_that_a_folder_gives(
    from_folder: Marts,
    in_s3: Bucket,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    build_warehouse(load_settings(), BuildOptions(), Reporter())
    assert in_s3.secret not in f"{capfd.readouterr()} {caplog.text}"
    lake = open_lake(load_settings())
    pointer = read_pointer(lake, "dev")
    assert pointer is not None
    for key in pointer.files:
        fetched = tmp_path / key
        fetched.parent.mkdir(parents=True, exist_ok=True)
        fetched.write_bytes(lake.get(key))
    assert compare(from_folder, find_files(pointer, tmp_path)) == []


def test_published_marts_in_s3_answer_questions(in_s3: Bucket) -> None:
    question = "select count(*) as games from dim_games"
    asked = CliRunner().invoke(cli, ["query", question], obj=Reporter())
    assert asked.exit_code == 0, asked.output
    assert json.loads(asked.output)["games"] > 100


def test_the_report_of_marts_in_s3_is_that_of_a_folder_and_kept_beside_them(
    from_folder: Marts, builder: Builder, lakes: TwoDays, in_s3: Bucket
) -> None:
    asked = CliRunner().invoke(reporter_cli, ["build", "--publish"], obj=Reporter())
    assert (asked.exit_code, asked.output) == (0, f"{in_s3.home / 'report.html'}\n")
    lake = open_lake(load_settings())
    [kept] = [one.key for one in lake.list("marts/") if "/report_" in one.key]
    assert lake.get(kept) == (in_s3.home / "report.html").read_bytes()
    answers = read_answers("dev")
    with builder.environment(lakes.second):  # which names no bucket
        assert answers == read_answers("dev")


def test_no_secret_is_left_in_any_file(in_s3: Bucket) -> None:
    files = [path for path in in_s3.home.rglob("*") if path.is_file()]
    assert {"warehouse.duckdb", "dbt.log", "manifest.json"} <= {path.name for path in files}
    assert [file for file in files if in_s3.secret.encode() in file.read_bytes()] == []


def test_a_server_that_is_gone_is_the_lakes_fault(in_s3: Bucket) -> None:
    in_s3.store.stop()
    try:
        with pytest.raises(LakeError, match="S3_ENDPOINT"):
            build_warehouse(load_settings(), BuildOptions(full_refresh=True), Reporter())
    finally:
        in_s3.store.start()
