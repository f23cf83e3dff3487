"""Checks what Pants does not: workflows, shell scripts, Dockerfiles, YAML, and files with a public schema.

Every linter runs, also after one that found something. Exit code: 0 if all is well, 1 if something was
found, 69 if nothing was found but a linter can't be had here (it is named).
"""

import os
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SHELL = ("#!/usr/bin/env bash", "#!/bin/bash", "#!/bin/sh", "#!/usr/bin/env sh")
EX_UNAVAILABLE = 69


class Linter(NamedTuple):
    """A command, and the files that it looks at."""

    command: tuple[str, ...]
    patterns: tuple[str, ...]  # of names, any of which is enough; "#!" is a shell's first line

    @property
    def name(self) -> str:
        return " ".join(word for word in self.command if not word.startswith("-"))


def of_schema(schema: str, *patterns: str) -> Linter:
    return Linter(("check-jsonschema", "--builtin-schema", f"vendor.{schema}"), patterns)


LINTERS = (
    Linter(("actionlint",), (".github/workflows/*.yml",)),
    Linter(("zizmor", "--offline", "--no-progress", "--quiet"), (".github/*.yml",)),
    of_schema("github-workflows", ".github/workflows/*.yml"),
    of_schema("dependabot", ".github/dependabot.yml"),
    of_schema("compose-spec", "docker-compose*.yml", "tests/stack/docker-compose*.yml"),
    Linter(("yamllint", "--strict"), ("*.yml", "*.yaml")),
    Linter(("hadolint",), ("*Dockerfile",)),
    Linter(("shellcheck", "--external-sources"), ("*.sh", "#!")),
)


def main() -> int:
    files, folders = list_files(), find_programs()
    results = [run(linter, files, folders) for linter in LINTERS]
    if 1 in results:
        print("lint_files: repeat this by `make lint-files`", file=sys.stderr)
        return 1
    return max(results)


def find_programs() -> str:
    """Where the linters are, as a PATH; those that can't be had here are in no folder of it."""
    installed = run_script("checkers")
    built = run_script("go_program", "actionlint")
    return os.pathsep.join([*installed, *(str(Path(path).parent) for path in built)])


def run_script(*words: str) -> list[str]:
    command = [str(ROOT / "build-support" / words[0]), *words[1:]]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.split()


def list_files() -> list[str]:
    """What is in Git, or would be with `git add .`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted({name for name in told.splitlines() if (ROOT / name).is_file()})


def run(linter: Linter, files: list[str], folders: str) -> int:
    """0, 1 or 69; what it found it says itself."""
    chosen = [name for name in files if matches(name, linter.patterns)]
    program, *options = linter.command
    if not chosen:
        print(f"{linter.name}: there is no {' or '.join(linter.patterns)}", flush=True)
        return 0
    if (path := shutil.which(program, path=folders)) is None:
        print(f"NOT CHECKED by {linter.name}, see above: {len(chosen)} files", flush=True)
        return EX_UNAVAILABLE
    # actionlint looks for shellcheck on PATH.
    variables = {**os.environ, "PATH": f"{folders}{os.pathsep}{os.environ['PATH']}"}
    ended = subprocess.run([path, *options, *chosen], cwd=ROOT, env=variables)
    print(
        f"{linter.name}: {len(chosen)} files: {'bad' if ended.returncode else 'good'}", flush=True
    )
    return 1 if ended.returncode else 0


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(starts_as_shell(name) if one == "#!" else fnmatch(name, one) for one in patterns)


def starts_as_shell(name: str) -> bool:
    with (ROOT / name).open("rb") as file:
        return file.readline(40).decode(errors="replace").startswith(SHELL)


if __name__ == "__main__":
    sys.exit(main())
