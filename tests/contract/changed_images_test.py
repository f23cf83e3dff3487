"""Which images are built again, on a git history: the tree's BUILD files, with a little code of ours."""

from __future__ import annotations

import functools
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import changed_images
import pytest
from changed_images import (
    QueryError,
    ask_pants,
    clone_of,
    find_changed_images,
    print_history,
)

from tests.contract.planted_tree import plant_build_files

TREE = Path.cwd()  # Pants' sandbox for this test, which holds the BUILD files (see the BUILD file)
STAGES = ["extractor", "orchestrator", "reporter", "transformer"]
ALL = ["extractor", "orchestrator", "reporter", "sandbox", "transformer"]

EXTRACTOR = "services/extractor/extractor"
TRANSFORMER = "services/transformer/transformer"
READS_THE_PROJECT = "import gamemarket.settings\nimport transformer.dbt_runner.dbt_project"
CODE = {
    "config/endpoints.json": "{}",
    "analytics/dbt_project.yml": "name: planted",
    "analytics/models/games.sql": "select 1",
    "libs/common/gamemarket/__init__.py": "",
    "libs/common/gamemarket/settings.py": "import gamemarket",
    "libs/rawg_sandbox/rawg_sandbox/__init__.py": "",
    "libs/rawg_sandbox/rawg_sandbox/__main__.py": "import aiohttp",
    f"{EXTRACTOR}/__init__.py": "",
    f"{EXTRACTOR}/__main__.py": "import extractor.pages.page\nimport extractor.api.rawg_client",
    f"{EXTRACTOR}/api/rawg_client.py": "import httpx\nimport gamemarket.settings",
    f"{EXTRACTOR}/pages/page.py": "PAGES = 1",
    f"{EXTRACTOR}/pages/page_test.py": "import extractor.pages.page",
    f"{TRANSFORMER}/__init__.py": "",
    f"{TRANSFORMER}/__main__.py": f"{READS_THE_PROJECT}\nimport transformer.build",
    f"{TRANSFORMER}/build.py": "",
    f"{TRANSFORMER}/dbt_runner/dbt_project.py": "",
    f"{TRANSFORMER}/dbt_runner/dbt_duckdb_plugin.py": "",
    "services/orchestrator/orchestrator/__init__.py": "",
    "services/orchestrator/orchestrator/__main__.py": "import gamemarket.settings",
    "services/reporter/reporter/__init__.py": "",
    "services/reporter/reporter/__main__.py": "import gamemarket.settings",
}
REQUIRES = {
    "aiohttp": [],
    "httpx": ["anyio<5; extra == 'x'", "idna"],
    "anyio": [],
    "idna": [],
    "pytest": [],
}


def write_lock(changed: str = "") -> str:
    """A lockfile in which one project, if any, is at another version."""
    locked = [
        {"project_name": name, "version": "2" if name == changed else "1", "requires_dists": others}
        for name, others in REQUIRES.items()
    ]
    return "// Pants' own words\n" + json.dumps(
        {"locked_resolves": [{"locked_requirements": locked}]}
    )


def git(folder: Path, *words: str) -> str:
    person = (
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.org",
        "-c",
        "init.defaultBranch=main",
    )
    command = ["git", *person, *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one commit."""
    folder = tmp_path_factory.mktemp("history")
    plant_build_files(TREE, folder)
    commit_to(folder, CODE | {"3rdparty/python/main.lock": write_lock()}, begin=True)
    return folder


def commit_to(folder: Path, files: Mapping[str, str | None], begin: bool = False) -> None:
    """Writes files, or removes them where there is no text."""
    if begin:
        git(folder, "init", "--quiet")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink() if text is None else path.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A change")


@pytest.fixture(scope="module")
def clone(history: Path) -> Iterator[Path]:
    """Where the commits are looked at, each once: Pants takes a second or two."""
    changed_images.fingerprints_at = functools.cache(changed_images.fingerprints_at)
    with clone_of(history) as clone:
        yield clone
        daemons = [file.read_text() for file in clone.glob(".pids/*/pantsd/pid")]
    deadline = time.monotonic() + 30  # the kernel takes its time to end what was killed
    while any(map(lives, daemons)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [pid for pid in daemons if lives(pid)] == []


def lives(pid: str) -> bool:
    """Whether it is there, and more than an entry that nobody has read."""
    told = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True)
    return told.stdout.strip() not in ("", "Z")


@pytest.fixture
def change(history: Path, clone: Path) -> Callable[..., list[str]]:
    def change(files: dict[str, str | None]) -> list[str]:
        commit_to(history, files)
        return compare_with_parent(history, clone)

    return change


def compare_with_parent(history: Path, clone: Path) -> list[str]:
    base, head = git(history, "rev-parse", "HEAD^1", "HEAD").split()
    return find_changed_images(clone, base, head)


def append(history: Path, name: str, text: str) -> dict[str, str]:
    return {name: (history / name).read_text() + text}


CHANGES: dict[str, tuple[dict[str, str | None], list[str]]] = {
    "texts, tests and Terraform": (
        {
            "README.md": "words",
            "docs/USER_MANUAL.md": "words",
            f"{EXTRACTOR}/pages/page_test.py": "import extractor.pages.page\n\nX = 1",
            "tests/contract/exit_codes_test.py": "X = 1",
            "infra/main.tf": "# words",
        },
        [],
    ),
    "a module of the extractor": ({f"{EXTRACTOR}/pages/page.py": "PAGES = 2"}, ["extractor"]),
    "a library": ({"libs/common/gamemarket/settings.py": "import gamemarket\n\nX = 1"}, STAGES),
    "endpoints.json": ({"config/endpoints.json": "{ }"}, STAGES),
    "SQL": ({"analytics/models/games.sql": "select 2"}, ["transformer"]),
    "a pin that nobody packs": ({"3rdparty/python/main.lock": write_lock("pytest")}, []),
    "what a requirement requires": (
        {"3rdparty/python/main.lock": write_lock("anyio")},
        ["extractor"],
    ),
    "a module that is renamed": (
        {
            f"{EXTRACTOR}/pages/page.py": None,
            f"{EXTRACTOR}/pages/one_page.py": "PAGES = 2",
            f"{EXTRACTOR}/pages/page_test.py": None,
            f"{EXTRACTOR}/__main__.py": "import extractor.pages.one_page\nimport extractor.api.rawg_client",
        },
        ["extractor"],
    ),
    "a module that is deleted": (
        {
            f"{TRANSFORMER}/build.py": None,
            f"{TRANSFORMER}/__main__.py": READS_THE_PROJECT,
        },
        ["transformer"],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_reaches_the_images_that_pack_it(
    change: Callable[..., list[str]], name: str
) -> None:
    files, images = CHANGES[name]
    assert change(files) == images


@pytest.mark.parametrize("name", ["images/Dockerfile", "pants.toml"])
def test_what_all_are_built_by_reaches_all(
    change: Callable[..., list[str]], history: Path, name: str
) -> None:
    assert change(append(history, name, "\n# another line\n")) == ALL


def test_options_of_tests_reach_no_image(change: Callable[..., list[str]], history: Path) -> None:
    build = append(history, "services/extractor/BUILD", '\nfiles(name="more", sources=["*.txt"])\n')
    assert change(build) == []


def test_a_merge_reaches_what_its_branch_changed(history: Path, clone: Path) -> None:
    git(history, "checkout", "--quiet", "-b", "side", "HEAD")
    commit_to(history, {"analytics/models/games.sql": "select 3"})
    git(history, "checkout", "--quiet", "main")
    commit_to(history, {"README.md": "more words"})
    git(history, "merge", "--quiet", "--no-ff", "--message", "Merge", "side")
    assert compare_with_parent(history, clone) == ["transformer"]


def test_the_history_says_what_each_commit_reached(
    history: Path, clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit_to(history, {"analytics/models/games.sql": "select 4"})
    commit_to(history, {"README.md": "still more words"})
    print_history(clone, git(history, "rev-parse", "HEAD").strip(), 2)
    told = [line.split(maxsplit=1)[1].split() for line in capsys.readouterr().out.splitlines()]
    assert told == [["none", "A", "change"], ["transformer", "A", "change"]]


@pytest.mark.parametrize("base", ["", "0" * 40, "1234567890" * 4])
def test_without_a_base_it_is_all(history: Path, clone: Path, base: str) -> None:
    head = git(history, "rev-parse", "HEAD").strip()
    assert find_changed_images(clone, base, head) == ALL


def test_a_commit_that_cannot_be_read_is_an_error(
    change: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(QueryError, match="Pants can't say"):
        change({"services/extractor/more/BUILD": "no such thing("})
    assert change({"services/extractor/more/BUILD": None}) == ALL
    assert "nothing to compare with" in capsys.readouterr().err


def test_a_commit_that_is_not_there_is_an_error(clone: Path) -> None:
    with pytest.raises(QueryError, match="rev-parse"):
        find_changed_images(clone, "HEAD", "nowhere")


@pytest.mark.parametrize(
    ("said", "asked"),
    [("SyntaxError", 1), ("exceeded timeout of 60 seconds while waiting for pantsd to start", 2)],
)
def test_only_where_the_daemon_fails_pants_is_asked_again(
    tmp_path: Path, said: str, asked: int
) -> None:
    (tmp_path / "pants").write_text(f"#!/bin/sh\necho >>asked\necho '{said}' >&2\nexit 1\n")
    (tmp_path / "pants").chmod(0o755)
    with pytest.raises(QueryError, match=said):
        ask_pants(tmp_path)
    assert (tmp_path / "asked").read_text().count("\n") == asked
