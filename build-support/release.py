"""Makes a release on this machine: version, changelog, commit, tag. Pushing is somebody's own step.

    release.py 0.2.0

From a clean main. CHANGELOG.md gets the first lines of the commits since the last release, newest first.
Exit code 64 where it refuses; then nothing was changed.
"""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VERSION = "config/version.py"
CHANGELOG = "CHANGELOG.md"
HEADING = "# Changes\n\nEvery release, with the first line of each of its commits. Made by `make release`.\n"
EX_USAGE = 64


def main(arguments: list[str]) -> int:
    version = check(arguments[0] if arguments else "")
    since = find_last_tag()
    changes = list_changes(since)
    if not changes:
        refuse(f"there is no commit since {since}")
    write_version(version)
    write_changelog(version, changes)
    git("add", VERSION, CHANGELOG)
    git("commit", "--quiet", "--message", f"Release {version}")
    git("tag", "--annotate", f"v{version}", "--message", f"Release {version}")
    print(f"v{version}: {len(changes)} commits since {since or 'the beginning'}. To publish it:")
    print(f"  git push origin main v{version}\n  make images RELEASE={version}")
    return 0


def check(version: str) -> str:
    """The version, if it can be released now."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        refuse(f"VERSION is '{version}', and not like 0.2.0")
    if parse(version) < parse(read_version()):
        refuse(f"{version} is older than {read_version()}, which {VERSION} names")
    if git("tag", "--list", f"v{version}"):
        refuse(f"v{version} has been released already")
    if (branch := git("branch", "--show-current")) != "main":
        refuse(f"this is {branch or 'no branch'}: releases are made of main")
    if git("status", "--porcelain"):
        refuse("there are changes that are not committed")
    git("var", "GIT_COMMITTER_IDENT")  # Git itself says what it lacks, before the files are written
    return version


def refuse(why: str) -> NoReturn:
    print(f"release: {why}. Nothing was changed.", file=sys.stderr)
    sys.exit(EX_USAGE)


def parse(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def read_version() -> str:
    found = re.search(r'VERSION = "(.*)"', (ROOT / VERSION).read_text())
    assert found, f"{VERSION} names no version"
    return found[1]


def write_version(version: str) -> None:
    file = ROOT / VERSION
    file.write_text(re.sub(r'VERSION = ".*"', f'VERSION = "{version}"', file.read_text()))


def find_last_tag() -> str:
    """Of the releases that this commit holds; empty before the first."""
    found = git("tag", "--list", "v[0-9]*", "--merged", "HEAD", "--sort=-version:refname")
    return found.splitlines()[0] if found else ""


def list_changes(since: str) -> list[str]:
    """Their first lines, newest first; merges say nothing of their own."""
    commits = f"{since}..HEAD" if since else "HEAD"
    return git("log", "--no-merges", "--format=%s", commits).splitlines()


def write_changelog(version: str, changes: list[str]) -> None:
    file = ROOT / CHANGELOG
    before = file.read_text().removeprefix(HEADING) if file.exists() else ""
    lines = "\n".join(f"- {change}" for change in changes)
    day = datetime.now(UTC).date()
    file.write_text(f"{HEADING}\n## {version} ({day})\n\n{lines}\n{before}")


def git(*words: str) -> str:
    """What it says; ends the program where it fails."""
    done = subprocess.run(["git", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
