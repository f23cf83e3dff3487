"""Runs workflows as GitHub would, on this machine: by act, in a repository of its own.

The workflows, the Makefile and the scripts are the real ones. Actions are stand-ins (stand_ins/actions),
and so are the programs that take long or reach out: pants, docker, terraform, gh. Each notes its call,
with the keys that it could see. AWS is moto's (command_line.py). What act can't show (approval,
concurrency, permissions of the token, OIDC itself) is for tests/contract/workflows_test.py and zizmor.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

__all__ = [
    "ACCOUNT",
    "REPOSITORY",
    "Call",
    "Run",
    "Tree",
    "begin",
    "commit",
    "git",
    "is_triggered",
    "plant_tree",
]

TREE: Final = Path.cwd()  # the checkout, or Pants' sandbox with these files (see the BUILD file)
STAND_INS: Final = Path(__file__).resolve().parent / "stand_ins"
ACCOUNT: Final = "123456789012"
REPOSITORY: Final = "owner/game-market"
VARIABLES: Final = {"AWS_ACCOUNT_ID": ACCOUNT, "ENVIRONMENTS": '["dev"]'}
SECRETS: Final = {
    "GITHUB_TOKEN": "the-token-of-the-run",
    "SNOWFLAKE_PRIVATE_KEY": "the-key-of-snowflake",
}
_REAL: Final = (
    ".github/workflows",
    "Makefile",
    "build-support/check_stack",
    "build-support/make_images",
    "build-support/run_checks.py",
    "config",
    "scripts",
)
_USES: Final = re.compile(r"uses: ([\w-]+/([\w-]+)@[0-9a-f]{40})")


@dataclass(frozen=True)
class Call:
    """A program that was started, and what its environment held."""

    program: str
    words: tuple[str, ...]
    role: str  # whose AWS credentials, by the role's name
    sees: tuple[str, ...]  # other keys

    def __str__(self) -> str:
        return " ".join([self.program, *self.words])


@dataclass(frozen=True)
class Run:
    """What an event led to."""

    jobs: dict[str, str]  # by name: success or failure; those that were skipped are not in it
    calls: list[Call]
    log: str

    def of(self, program: str, word: str = "") -> list[Call]:
        return [c for c in self.calls if c.program == program and (not word or word in c.words)]


@dataclass(frozen=True)
class Tree:
    """A repository with the workflows, and what they need to run."""

    folder: Path
    act: str
    command_line: str  # the address of what answers for AWS

    @property
    def home(self) -> Path:
        return self.folder.parent / "home"

    def happen(self, event: str, workflow: str, said: Mapping[str, Any], **more: str) -> Run:
        """Has the event run a workflow; `more` are variables of the repository."""
        noted = self.home / "calls"
        noted.unlink(missing_ok=True)
        file = self.folder / f".github/workflows/{workflow}.yml"
        told = self._start(event, file, said, {**VARIABLES, **more})
        jobs = {one["jobID"]: one["jobResult"] for one in told if "jobResult" in one}
        log = "\n".join(one["msg"] for one in told)
        lines = noted.read_text().splitlines() if noted.exists() else []
        return Run(jobs, [read_call(line) for line in lines], log)

    def _start(
        self, event: str, workflow: Path, said: Mapping[str, Any], variables: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        event_file = self.home / "event.json"
        event_file.write_text(json.dumps(said))
        command = [
            *(self.act, event, "--json", "--workflows", str(workflow)),
            *("--eventpath", str(event_file)),
            *("--platform", "ubuntu-24.04=-self-hosted", "--pull=false"),
            *(word for one in variables.items() for word in ("--var", "=".join(one))),
            *(word for one in SECRETS.items() for word in ("--secret", "=".join(one))),
            *(word for uses in find_actions(workflow.read_text()) for word in uses),
        ]
        environment = {
            "PATH": f"{STAND_INS / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "CALLS": str(self.home / "calls"),
            "AWS_STAND_IN": self.command_line,
            "PYTHON": sys.executable,
            "STAND_INS": str(STAND_INS),
        }
        ended = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600
        )
        return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]


def find_actions(workflow: str) -> list[tuple[str, str]]:
    """Options that put a stand-in in the place of every action that the workflow uses."""
    found = sorted(set(_USES.findall(workflow)))
    named = STAND_INS / "actions"
    return [
        ("--local-repository", f"{uses}={named / (name if (named / name).is_dir() else 'nothing')}")
        for uses, name in found
    ]


def is_triggered(workflow: str, event: str, files: list[str]) -> bool:
    """As GitHub reads `on`, as far as ours go: the event, and paths where it names some."""
    on = workflow[workflow.index("\non:") : workflow.index("\npermissions:")]
    found = re.search(rf"^  {event}:\n((?:    .*\n)*)", on + "\n", re.MULTILINE)
    if not found:
        return False
    paths = re.search(r"paths: \[(.*)\]", found[1])
    return not paths or any(fnmatch(f, p) for f in files for p in paths[1].split(", "))


def read_call(line: str) -> Call:
    said = json.loads(line)
    return Call(said["program"], tuple(said["words"]), said["role"], tuple(said["sees"]))


def git(folder: Path, *words: str) -> str:
    person = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    command = ["git", *person, "-c", "init.defaultBranch=main", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def begin(folder: Path) -> None:
    git(folder, "init", "--quiet")
    git(folder, "remote", "add", "origin", f"https://github.com/{REPOSITORY}")


def commit(folder: Path, files: Mapping[str, str]) -> str:
    """Writes files, and commits them; the commit's name."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A change")
    return git(folder, "rev-parse", "HEAD").strip()


def plant_tree(folder: Path) -> Path:
    """The repository: the real workflows and scripts, and stand-ins for the programs that are in the tree."""
    for name in _REAL:
        source, copy = TREE / name, folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
    shutil.copytree(STAND_INS / "tree", folder, dirs_exist_ok=True)
    (folder / ".ci").mkdir()
    shutil.copy(
        STAND_INS / "ci_run", folder / ".ci/run"
    )  # Pants would not see it in a folder with a dot
    for name in ("bootstrap", "aws/environments", "snowflake"):
        (folder / "infra" / name).mkdir(parents=True)
    begin(folder)
    (folder / ".gitignore").write_text("/dist/\n*.images.tfvars.json\n.terraform/\n")
    commit(folder, {"infra/aws/environments/dev.tfvars": "", "README.md": "words"})
    return folder
