"""What every store promises, asked of both."""

from __future__ import annotations

import errno
import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import BinaryIO, NoReturn

import pytest
from botocore.stub import Stubber

from gamemarket.errors import LakeError, MissingObjectError
from gamemarket.folder_lake import INCOMING, FolderLake
from gamemarket.lake import Lake, open_lake
from gamemarket.lake_keys import CheckpointKey, ManifestKey, MartsPointerKey, Partition
from gamemarket.s3_lake import S3Lake
from gamemarket.settings import Settings

GAMES = Partition(source="rawg", endpoint="games", run_date=date(2024, 1, 1))


def checkpoint(page: int) -> CheckpointKey:
    return CheckpointKey(partition=GAMES, generation=1, reading=1, page=page)


def manifest(generation: int = 1) -> ManifestKey:
    return ManifestKey(partition=GAMES, generation=generation)


def test_a_put_object_is_read_back(lake: Lake) -> None:
    assert lake.put_if_absent(manifest(), b"one")
    assert lake.get(manifest()) == b"one"
    assert lake.get(str(manifest())) == b"one"


def test_a_second_put_is_refused_and_changes_nothing(lake: Lake) -> None:
    lake.put_if_absent(manifest(), b"one")
    assert not lake.put_if_absent(manifest(), b"two")
    assert lake.get(manifest()) == b"one"


def test_of_many_writers_exactly_one_succeeds(lake: Lake) -> None:
    bodies = [str(n).encode() for n in range(16)]
    with ThreadPoolExecutor(16) as threads:
        won = list(threads.map(lambda body: lake.put_if_absent(manifest(), body), bodies))
    assert won.count(True) == 1
    assert lake.get(manifest()) == bodies[won.index(True)]


def test_a_missing_object_is_named(lake: Lake) -> None:
    with pytest.raises(MissingObjectError, match=str(manifest())):
        lake.get(manifest())


def test_a_listing_is_sorted_and_holds_only_its_prefix(lake: Lake) -> None:
    for page in (3, 1, 2):
        lake.put_if_absent(checkpoint(page), b"x" * page)
    lake.put_if_absent(manifest(), b"")
    found = list(lake.list(f"inflight/{GAMES}/gen_001/"))
    assert [(o.key, o.size) for o in found] == [(str(checkpoint(n)), n) for n in (1, 2, 3)]
    assert [o.key for o in lake.list("")][-1] == str(manifest())


def test_a_listing_of_nothing_is_empty(lake: Lake) -> None:
    assert list(lake.list("raw/rawg/nowhere/")) == []


def test_a_listing_goes_on_after_a_thousand_objects(s3_lake: S3Lake) -> None:
    for page in range(1, 1003):
        s3_lake.put_if_absent(checkpoint(page), b"")
    assert len(list(s3_lake.list("inflight/"))) == 1002
    s3_lake.delete(o.key for o in s3_lake.list("inflight/"))
    assert list(s3_lake.list("inflight/")) == []


def test_removing_what_is_not_there_is_no_error(lake: Lake) -> None:
    lake.put_if_absent(checkpoint(1), b"x")
    lake.delete([str(checkpoint(1)), str(checkpoint(2))])
    assert list(lake.list("inflight/")) == []


def test_a_removed_object_can_be_put_again(lake: Lake) -> None:
    lake.put_if_absent(checkpoint(1), b"one")
    lake.delete([str(checkpoint(1))])
    assert lake.put_if_absent(checkpoint(1), b"two")


def test_the_pointer_is_replaced(lake: Lake) -> None:
    lake.replace(MartsPointerKey(target="dev"), b"one")
    lake.replace(MartsPointerKey(target="dev"), b"two")
    assert lake.get(MartsPointerKey(target="dev")) == b"two"


def test_the_pointer_is_swapped_by_whoever_knows_what_it_holds(lake: Lake) -> None:
    key = MartsPointerKey(target="dev")
    assert not lake.swap(key, b"nothing there", b"one")
    assert lake.swap(key, None, b"one")
    assert not lake.swap(key, None, b"two")
    assert lake.swap(key, b"one", b"two")
    assert not lake.swap(key, b"one", b"three")
    assert lake.get(key) == b"two"


def test_of_many_that_swap_the_pointer_at_once_one_does(lake: Lake) -> None:
    key = MartsPointerKey(target="dev")
    assert lake.swap(key, None, b"before")
    with ThreadPoolExecutor(8) as threads:
        bodies = [b"%d" % number for number in range(8)]
        swapped = list(threads.map(lambda body: lake.swap(key, b"before", body), bodies))
    assert swapped.count(True) == 1
    assert lake.get(key) == bodies[swapped.index(True)]


def test_putting_while_others_clear_the_folder_loses_nothing(folder_lake: FolderLake) -> None:
    def put_and_clear(page: int) -> bool:
        created = folder_lake.put_if_absent(checkpoint(page), b"x")
        folder_lake.delete([str(checkpoint(page))])
        return created

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(put_and_clear, range(1, 400)))


def test_a_folder_lake_leaves_nothing_aside(folder_lake: FolderLake) -> None:
    folder_lake.put_if_absent(manifest(), b"one")
    folder_lake.put_if_absent(manifest(), b"two")
    folder_lake.replace(MartsPointerKey(target="dev"), b"three")
    assert list(Path(folder_lake.uri, INCOMING).iterdir()) == []


def test_what_a_killed_writer_left_aside_is_removed_when_the_folder_is_opened(
    folder_lake: FolderLake,
) -> None:
    incoming = Path(folder_lake.uri, INCOMING)
    (incoming / "abandoned").write_bytes(b"half an ob")
    with (incoming / "being written").open("xb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        FolderLake.open(Path(folder_lake.uri))
        assert [path.name for path in incoming.iterdir()] == ["being written"]
    FolderLake.open(Path(folder_lake.uri))
    assert list(incoming.iterdir()) == []


def test_lakes_that_are_opened_take_nothing_from_a_writer(folder_lake: FolderLake) -> None:
    def put_and_open(page: int) -> bool:
        return FolderLake.open(Path(folder_lake.uri)).put_if_absent(checkpoint(page), b"x")

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(put_and_open, range(1, 400)))


@pytest.fixture(params=["nameless", "aside"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> FolderLake:
    """A folder lake that writes as Linux lets it, and one that writes as other systems do."""
    lake = FolderLake.open(tmp_path / "lake")
    assert lake._has_nameless == hasattr(os, "O_TMPFILE")
    lake._has_nameless &= request.param == "nameless"
    return lake


@pytest.mark.parametrize("size", [0, 1, 10_000_000])
def test_either_way_of_writing_keeps_the_promise(way: FolderLake, size: int) -> None:
    body = os.urandom(size)
    assert way.put_if_absent(manifest(), body)
    assert not way.put_if_absent(manifest(), b"two")
    assert way.get(manifest()) == body
    assert list(Path(way.uri, INCOMING).iterdir()) == []


def test_a_body_that_the_system_takes_in_pieces_is_written_whole(
    folder_lake: FolderLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, body = os.write, os.urandom(10_000)
    monkeypatch.setattr("os.write", lambda file, data: write(file, data[:999]))
    assert folder_lake.put_if_absent(manifest(), body)
    assert folder_lake.get(manifest()) == body


def test_either_way_of_writing_lets_others_read(way: FolderLake) -> None:
    way.put_if_absent(manifest(), b"one")
    stored, plain = Path(way.uri, str(manifest())), Path(way.uri, "plain")
    plain.write_bytes(b"")
    assert stored.stat().st_mode == plain.stat().st_mode


def test_either_way_of_writing_lets_one_of_many_writers_win(way: FolderLake) -> None:
    bodies = [str(n).encode() for n in range(16)]
    with ThreadPoolExecutor(16) as threads:
        won = list(threads.map(lambda body: way.put_if_absent(manifest(), body), bodies))
    assert won.count(True) == 1
    assert way.get(manifest()) == bodies[won.index(True)]


@pytest.mark.parametrize("refusal", [errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT])
def test_where_files_need_a_name_they_are_written_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(refusal, os.strerror(refusal))

    monkeypatch.setattr(FolderLake, "_written_nameless", refuse)
    lake = FolderLake.open(tmp_path / "lake")
    assert lake.put_if_absent(manifest(), b"one")
    assert lake.get(manifest()) == b"one"


def test_a_file_that_is_removed_before_its_writer_locks_it_is_written_again(
    folder_lake: FolderLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_lake._has_nameless = False
    incoming, lock = Path(folder_lake.uri, INCOMING), fcntl.flock
    removed: list[Path] = []

    def remove_and_lock(file: BinaryIO, operation: int) -> None:
        if not removed:
            removed.extend(incoming.iterdir())
            removed[0].unlink()
        lock(file, operation)

    monkeypatch.setattr("fcntl.flock", remove_and_lock)
    assert folder_lake.put_if_absent(manifest(), b"one")
    assert folder_lake.get(manifest()) == b"one"
    assert len(removed) == 1


def test_a_folder_that_cannot_be_made_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LakeError, match="DATA_LAKE_DIR"):
        FolderLake.open(tmp_path / "file" / "lake")


def test_a_folder_that_cannot_be_listed_is_not_an_empty_one(
    folder_lake: FolderLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object) -> NoReturn:
        raise PermissionError(13, "Permission denied", str(path))

    folder_lake.put_if_absent(manifest(), b"one")
    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(LakeError, match="Permission denied"):
        list(folder_lake.list("manifests/"))


@pytest.mark.parametrize("refusal", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_file_system_without_hard_links_is_named(
    folder_lake: FolderLake, monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(refusal, os.strerror(refusal))

    monkeypatch.setattr("os.link", refuse)
    with pytest.raises(LakeError, match=r"refuses hard links .*DATA_LAKE_DIR.*not FAT") as refused:
        folder_lake.put_if_absent(manifest(), b"one")
    assert "permissions" not in str(refused.value)


def test_dotfiles_in_a_folder_are_not_listed(folder_lake: FolderLake) -> None:
    folder_lake.put_if_absent(manifest(), b"one")
    beside = Path(folder_lake.uri, str(manifest())).parent
    for name in (".DS_Store", "._gen_001.json"):
        (beside / name).write_bytes(b"\0")
    (beside.parent / ".Trashes").mkdir()
    (beside.parent / ".Trashes" / "gen_002.json").write_bytes(b"")
    assert [stored.key for stored in folder_lake.list("")] == [str(manifest())]


def test_a_bucket_that_does_not_exist_is_not_an_empty_lake(s3_lake: S3Lake) -> None:
    nowhere = S3Lake.connect("no-such-lake", None)
    with pytest.raises(LakeError, match="DATA_LAKE_BUCKET") as refused:
        nowhere.get(manifest())
    assert not isinstance(refused.value, MissingObjectError)


def test_a_store_that_is_away_is_no_matter_of_credentials(
    s3_lake: S3Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    away = S3Lake.connect("lake", "http://127.0.0.1:1")
    with pytest.raises(LakeError, match="the store does not answer") as refused:
        away.get(manifest())
    assert "credentials" not in str(refused.value)


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (500, "InternalError")])
def test_a_refused_read_is_not_a_missing_object(s3_lake: S3Lake, status: int, code: str) -> None:
    with Stubber(s3_lake._client) as store:
        store.add_client_error("get_object", code, http_status_code=status)
        with pytest.raises(LakeError, match=str(status)) as refused:
            s3_lake.get(manifest())
    assert not isinstance(refused.value, MissingObjectError)


def test_the_bucket_decides_which_lake_is_opened(tmp_path: Path, s3_lake: S3Lake) -> None:
    settings = Settings.model_construct(
        home=tmp_path, data_lake_dir=None, data_lake_bucket=None, s3_endpoint=None
    )
    assert open_lake(settings).uri == str(tmp_path / "lake")
    with_bucket = settings.model_copy(update={"data_lake_bucket": "test-lake"})
    assert open_lake(with_bucket).uri == "s3://test-lake"
