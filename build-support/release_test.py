import os
import shutil
import subprocess
from pathlib import Path

import pytest
import release

ME = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org"}
ME |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in ME.items()}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a version and three commits."""
    for name, value in ME.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(release, "ROOT", tmp_path)
    release.git("init", "--quiet", "--initial-branch=main")
    (tmp_path / "config").mkdir()
    (tmp_path / "config/version.py").write_text('"""Words."""\n\nVERSION = "0.1.0"\n')
    for change in ("Begin", "Read pages", "Write tables"):
        add(change)
    return tmp_path


def add(change: str) -> None:
    release.git("add", "--all")
    release.git("commit", "--quiet", "--allow-empty", "--message", change)


def test_a_release_is_a_version_a_changelog_a_commit_and_a_tag(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert release.main(["0.2.0"]) == 0
    assert release.read_version() == "0.2.0"
    changes = (tree / "CHANGELOG.md").read_text()
    assert changes.endswith("\n\n- Write tables\n- Read pages\n- Begin\n")
    assert release.git("log", "-1", "--format=%s") == "Release 0.2.0"
    assert release.git("rev-parse", "v0.2.0^{commit}") == release.git("rev-parse", "HEAD")
    assert release.git("status", "--porcelain") == ""
    assert "git push origin main v0.2.0" in capsys.readouterr().out


def test_nobody_that_git_knows_releases_nothing(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*ME, "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    release.git("config", "user.useConfigOnly", "true")
    with pytest.raises(SystemExit):
        release.main(["0.2.0"])
    assert release.read_version() == "0.1.0"
    assert release.git("status", "--porcelain") == ""


def test_the_next_release_holds_what_came_since_the_last(tree: Path) -> None:
    release.main(["0.1.0"])
    add("Publish marts")
    release.git("merge", "--quiet", "--no-ff", "-m", "Merge nothing", "HEAD")
    release.main(["0.2.0"])
    newest, _, older = (tree / "CHANGELOG.md").read_text().partition("## 0.1.0")
    assert [line for line in newest.splitlines() if line.startswith("- ")] == ["- Publish marts"]
    assert "- Write tables" in older
    assert newest.count("# Changes") == 1


@pytest.mark.parametrize(
    ("version", "sentence"),
    [("next", "not like 0.2.0"), ("", "not like 0.2.0"), ("0.0.9", "older than 0.1.0")],
)
def test_a_version_that_is_none_is_refused(
    tree: Path, capsys: pytest.CaptureFixture[str], version: str, sentence: str
) -> None:
    assert sentence in refuse(version, capsys)


def refuse(version: str, capsys: pytest.CaptureFixture[str]) -> str:
    head = release.git("rev-parse", "HEAD")
    with pytest.raises(SystemExit) as ended:
        release.main([version])
    assert ended.value.code == 64
    assert release.git("rev-parse", "HEAD") == head
    return capsys.readouterr().err


def test_a_release_is_made_once_and_of_a_clean_main(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "README.md").write_text("words")
    assert "not committed" in refuse("0.2.0", capsys)
    add("Words")
    release.git("switch", "--quiet", "--create", "branch")
    assert "this is branch" in refuse("0.2.0", capsys)
    release.git("switch", "--quiet", "main")
    release.main(["0.2.0"])
    capsys.readouterr()
    assert "v0.2.0 has been released already" in refuse("0.2.0", capsys)
    assert "no commit since v0.2.0" in refuse("0.3.0", capsys)


def test_images_of_a_release_have_its_version_and_its_commit(tree: Path) -> None:
    """By a stand-in of docker, which writes down what it is asked."""
    asked, docker = tree / "asked", tree / "docker"
    docker.write_text(
        f"""#!/usr/bin/env bash
case $1 in
  images) printf 'game-market/extractor\\ngame-market/reporter\\n' ;;
  build) echo "$* $(cat)" >>{asked} ;;
esac
"""
    )
    docker.chmod(0o755)
    program = shutil.copy(Path(release.__file__).parent / "release_images", tree)
    said = subprocess.run(
        [program, "0.2.0"],
        env={**os.environ, "PATH": f"{tree}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["game-market/extractor:0.2.0", "game-market/reporter:0.2.0"]
    first, second = asked.read_text().splitlines()
    assert "--tag game-market/extractor:0.2.0" in first
    assert "--label org.opencontainers.image.version=0.2.0" in first
    assert f"--label org.opencontainers.image.revision={release.git('rev-parse', 'HEAD')} " in first
    assert first.endswith(" - FROM game-market/extractor:local")
    assert second.endswith(" - FROM game-market/reporter:local")
