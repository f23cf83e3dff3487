"""Prints which images another commit makes other ones: a JSON list of their names.

    changed_images.py <base commit> [<commit, else HEAD>]
    changed_images.py --history <number>    of the last commits of HEAD, a line each

An image's fingerprint is the hash of all that it is made of: the targets that it packs, as Pants
knows them (options and contents, dependencies of dependencies), what the lockfile pins for their
requirements, and what Pants itself is told. An image is to be built where its fingerprints of the
two commits differ. Where there is no base, or nobody has it any more, as after the first push and
after a forced one, or its tree can't be read, that is all images. A commit that can't be read is
an error.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKFILE = "3rdparty/python/main.lock"
# What makes every image another one: what Pants is told, and the pex that it is handed.
OF_ALL = (
    "pants.toml",
    "build-support/bootstrap/pex.txt",
    "build-support/bootstrap/make_pex_cli.py",
)
EX_USAGE, EX_SOFTWARE = 64, 70

type Target = Mapping[str, Any]


class QueryError(Exception):
    """Nobody knows what changed: it must not look as if nothing had."""


def main(arguments: list[str]) -> int:
    """Print the images; the exit code says whether they are known."""
    is_history = arguments[:1] == ["--history"] and len(arguments) == 2 and arguments[1].isdigit()
    if not is_history and not 1 <= len(arguments) <= 2:
        usage = "usage: changed_images.py <base commit> [<commit>] | --history <number>"
        print(usage, file=sys.stderr)
        return EX_USAGE
    try:
        with clone_of(ROOT) as clone:
            if is_history:
                print_history(clone, resolve("HEAD"), int(arguments[1]))
            else:
                base, commit = (resolve(name) for name in (*arguments, "HEAD")[:2])
                print(json.dumps(find_changed_images(clone, base, commit)))
    except QueryError as error:
        print(f"changed_images: {error}", file=sys.stderr)
        return EX_SOFTWARE
    return 0


def print_history(clone: Path, head: str, number: int) -> None:
    """A line for each of the last commits, the newest first: the images it made others; QueryError."""
    log = git(clone, "log", "--first-parent", f"-{number + 1}", "--format=%H %s", head)
    commits = [line.partition(" ") for line in log.splitlines()]
    known = [fingerprints_at(clone, commit) for commit, _, _ in commits]
    for (commit, _, subject), after, before in zip(commits, known, known[1:], strict=False):
        images = ", ".join(find_differing(before, after)) or "none"
        print(f"{commit[:9]} {images:58} {subject[:70]}", flush=True)


@contextmanager
def clone_of(repository: Path) -> Iterator[Path]:
    """A clone to look at its commits in, where a daemon of Pants looks at one after the other."""
    with TemporaryDirectory() as folder:
        clone = Path(folder).resolve()
        git(repository, "clone", "--quiet", "--shared", "--no-checkout", ".", str(clone))
        try:
            yield clone
        finally:
            stop_daemon(clone)


def stop_daemon(clone: Path) -> None:
    """It holds nothing that could be lost, and does not heed SIGTERM."""
    for pid in clone.glob(".pids/*/pantsd/pid"):
        with suppress(ProcessLookupError):
            os.kill(int(pid.read_text()), signal.SIGKILL)


def find_changed_images(clone: Path, base: str, commit: str) -> list[str]:
    """The names of the commit's images that are new or others than at the base; QueryError."""
    after = fingerprints_at(clone, commit)
    try:
        before = fingerprints_at(clone, base)
    except QueryError as error:
        print(f"changed_images: nothing to compare with, so all: {error}", file=sys.stderr)
        before = {}
    return find_differing(before, after)


def find_differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The images that are new or others afterwards."""
    return sorted(image for image in after if after[image] != before.get(image))


def resolve(name: str) -> str:
    """The commit of a branch or tag here, which a clone may call otherwise; else the name."""
    command = ["git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return found.stdout.strip() or name


def fingerprints_at(clone: Path, commit: str) -> dict[str, str]:
    """By image, of a commit's tree."""
    revision = git(clone, "rev-parse", "--verify", f"{commit}^{{commit}}")
    git(clone, "checkout", "--quiet", "--detach", revision)
    return fingerprint_images(clone)


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise QueryError(f"`git {' '.join(words)}` failed: {done.stderr.strip()}")
    return done.stdout.strip()


def fingerprint_images(tree: Path) -> dict[str, str]:
    """By name, of the images of the tree in a folder."""
    targets = {target["address"]: target for target in ask_pants(tree)}
    try:
        pins = read_pins((tree / LOCKFILE).read_text())
        of_all = [(tree / name).read_text() for name in OF_ALL]
    except (OSError, ValueError, LookupError) as error:
        raise QueryError(f"what decides of images can't be read: {error!r}") from error
    return {
        address.rpartition(":")[2]: fingerprint([of_all, *describe(address, targets, pins)])
        for address, target in targets.items()
        if target["target_type"] == "docker_image"
    }


def ask_pants(tree: Path) -> list[Target]:
    """All targets with their options, dependencies and hashes of contents."""
    # By itself where it is the daemon that fails: on a busy machine it may not come up in its minute.
    for how in ("--pantsd", "--no-pantsd"):
        command = ["./pants", how, "--no-dynamic-ui", "peek", "::"]
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True)
        if done.returncode == 0:
            targets: list[Target] = json.loads(done.stdout)
            return targets
        if "pantsd" not in done.stderr:
            break
    raise QueryError(f"Pants can't say what the images are made of:\n{done.stderr.strip()}")


def read_pins(lockfile: str) -> dict[str, dict[str, Any]]:
    """What the lockfile says of each project, by its normalized name."""
    lines = lockfile.splitlines()
    lock = json.loads("\n".join(line for line in lines if not line.startswith("//")))
    resolved = lock["locked_resolves"][0]["locked_requirements"]
    return {normalize(one["project_name"]): one for one in resolved}


def describe(
    image: str, targets: Mapping[str, Target], pins: Mapping[str, dict[str, Any]]
) -> Iterator[object]:
    """All that an image is made of, in a fixed order."""
    names: set[str] = set()
    for address in sorted(reach([image], lambda one: targets[one]["dependencies"])):
        if targets[address]["target_type"].startswith("_"):
            continue  # the lockfile as a whole, of which an image takes its part
        yield targets[address]
        names.update(map(find_name, targets[address].get("requirements") or ()))
    for name in sorted(reach(names, lambda one: map(find_name, requires(pins, one)))):
        yield pins.get(name)


def requires(pins: Mapping[str, dict[str, Any]], name: str) -> list[str]:
    return list(pins[name]["requires_dists"]) if name in pins else []


def reach[Node](nodes: Iterable[Node], follow: Callable[[Node], Iterable[Node]]) -> set[Node]:
    """The nodes and all that can be come to from them."""
    reached: set[Node] = set()
    waiting = list(nodes)
    while waiting:
        if (node := waiting.pop()) not in reached:
            reached.add(node)
            waiting += follow(node)
    return reached


def find_name(requirement: str) -> str:
    """The project of a requirement such as `moto[s3]==5.2.5; extra == "x"`."""
    return normalize(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])


def normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def fingerprint(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
