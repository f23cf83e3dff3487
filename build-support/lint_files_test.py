import subprocess
from pathlib import Path

import lint_files
import pytest

# Says what it is asked to look at, and finds something in what has "bad" in its name.
FAKE_LINTER = """#!/bin/sh
echo "$(basename "$0") $*" >> asked
case "$*" in *bad*) exit 1; esac
"""
PROGRAMS = ("actionlint", "zizmor", "check-jsonschema", "yamllint", "hadolint", "shellcheck")
FILES = {
    ".github/workflows/quality.yml": "on: push",
    "docker-compose.yml": "services: {}",
    "images/Dockerfile": "FROM scratch",
    "scripts/deploy.sh": "true",
    "pants": "#!/usr/bin/env bash\ntrue",
    "tool": "#!/usr/bin/env python3\n",
    "ignored.sh": "true",
    ".gitignore": "ignored.sh\n/asked\n/bin/",
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree that nothing is wrong with, and linters that only pretend."""
    for name in PROGRAMS:
        plant(tmp_path, f"bin/{name}", FAKE_LINTER)
    installed, built = f"echo {tmp_path}/bin", f"echo {tmp_path}/bin/actionlint"
    plant(tmp_path, "build-support/checkers", f"#!/bin/sh\n{installed}\n")
    plant(tmp_path, "build-support/go_program", f"#!/bin/sh\n{built}\n")
    for name, text in FILES.items():
        plant(tmp_path, name, text)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    monkeypatch.setattr(lint_files, "ROOT", tmp_path)
    return tmp_path


def plant(tree: Path, name: str, text: str) -> None:
    file = tree / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)


def read_asked(tree: Path, program: str) -> list[str]:
    lines = (tree / "asked").read_text().splitlines()
    return [line for line in lines if line.startswith(program)]


def test_each_linter_sees_its_files(tree: Path) -> None:
    assert lint_files.main() == 0
    [workflows] = read_asked(tree, "actionlint")
    assert workflows == "actionlint .github/workflows/quality.yml"
    [shell] = read_asked(tree, "shellcheck")
    found = "build-support/checkers build-support/go_program pants scripts/deploy.sh"
    assert shell == f"shellcheck --external-sources {found}"
    assert read_asked(tree, "yamllint")[0].endswith(
        ".github/workflows/quality.yml docker-compose.yml"
    )
    assert read_asked(tree, "hadolint") == ["hadolint images/Dockerfile"]


def test_what_one_finds_is_a_failure_and_the_others_run_all_the_same(tree: Path) -> None:
    plant(tree, ".github/workflows/bad.yml", "on: push")
    assert lint_files.main() == 1
    assert read_asked(tree, "shellcheck")


def test_a_linter_that_is_missing_is_named(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "bin/hadolint").unlink()
    assert lint_files.main() == 69
    assert "NOT CHECKED by hadolint, see above: 1 files" in capsys.readouterr().out
    plant(tree, "scripts/bad.sh", "true")
    assert lint_files.main() == 1


def test_without_the_network_nothing_is_checked_and_that_is_told(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("checkers", "go_program"):
        plant(tree, f"build-support/{name}", "#!/bin/sh\nexit 69\n")
    assert lint_files.main() == 69
    assert (
        capsys.readouterr().out.count("NOT CHECKED") == 7
    )  # all but dependabot's schema: no such file
