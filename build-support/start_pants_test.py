import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from start_pants import installed, official_launcher, url_of


def is_whole(folder: Path) -> bool:
    return (folder / "stamp").exists()


def make(folder: Path) -> None:
    (folder / "stamp").touch()


def fail_halfway(folder: Path) -> None:
    (folder / "half").touch()
    raise OSError("disk full")


def test_what_is_whole_is_kept(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.mkdir()
    make(tool)
    assert installed(tool, is_whole, fail_halfway) == tool


def test_what_is_broken_is_made_anew(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.mkdir()
    (tool / "half").touch()
    assert [path.name for path in installed(tool, is_whole, make).iterdir()] == ["stamp"]


def test_a_failed_installation_leaves_nothing_under_the_name(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="disk full"):
        installed(tmp_path / "tool", is_whole, fail_halfway)
    assert not (tmp_path / "tool").exists()


def test_the_next_start_clears_what_a_failed_one_left(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="disk full"):
        installed(tmp_path / "tool", is_whole, fail_halfway)
    installed(tmp_path / "tool", is_whole, make)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "tool"]


def test_only_a_native_program_is_the_official_launcher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, content in {"script": b"#!/bin/sh\n", "native": b"\x7fELF"}.items():
        program = tmp_path / folder / "pants"
        program.parent.mkdir()
        program.write_bytes(content)
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'script'}:{tmp_path / 'native'}")
    assert official_launcher() == [str(tmp_path / "native/pants")]
    monkeypatch.setenv("PATH", str(tmp_path / "script"))
    assert official_launcher() is None


@pytest.mark.parametrize("name", ["cache", "ca che", "caché", "50%"])
def test_the_path_of_the_url_is_a_file_without_being_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for content in ("first", "second"):
        file = tmp_path / f"{name} {content}" / "pex" if name != "cache" else tmp_path / "pex"
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
        assert Path(urlsplit(url_of(file, "0123456789abcdef0123")).path).read_text() == content
