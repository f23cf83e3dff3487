"""Runs everything that a pull request must pass, and ends with one line that sums it up.

    run_checks.py              all of it
    run_checks.py --changed    what the working copy's changes reach, since it left BASE (main)

Every check runs, also after one that failed. Tests are counted from the JUnit reports that Pants
writes (for results from its cache too); each other check counts as one. The exit code is 0 only
if nothing failed and, unless a change may reach none, tests ran. Of everything, types are checked
beside the tests, by one process for minutes; and where there are containers (TEST_STACK), their
tests run beside the others: they mostly wait.
"""

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "dist/test"
REPORTS = OUTPUT / "reports"
SUMMARY = OUTPUT / "summary"  # what .ci/run repeats below make's own last words
EVERYTHING = ["::"]
BUILD_FILES = ["--tailor-check", "--update-build-files-check", "tailor", "update-build-files", "::"]
OF_CONTAINERS = ["tests/images::", "tests/stack::"]
STAGES = ("extractor", "transformer", "reporter")
PROGRAMS = (*STAGES, "orchestrator")
# Pants does not see that these reach everything.
REACHES_EVERYTHING = ("pants.toml", "pyproject.toml", "3rdparty/python/")
# What its linter and types are of: a text that a test reads does not change them.
CODE = (".py", "BUILD")


def of_extractor(*parts: str) -> tuple[str, ...]:
    """The paths of these parts of the extractor."""
    return tuple(f"services/extractor/extractor/{part}" for part in parts)


# What of the extractor decides what stands in the lake; the rest of it is how a request is made.
OF_THE_LAKE = of_extractor(
    *("api/claim_source", "api/ledger", "commit/", "extract_endpoint", "inspection/"),
    *("open_run", "pages/", "planning/", "reading/", "run_endpoints", "workers/"),
)
# Tests that take most of the product to try one part of it: of a change they run only where it touches that
# part, else they are left to main. What all are made of is a part of each. How a request is made (its pace,
# its retries, its refusals) is tried by the extractor's own tests, by tests/chaos/chaos_test, pace_test and
# process_test, and on the whole way by pipeline_test.
TRY = {
    # The lake is what fails, or where two runs meet; of the API's trouble they have some of chaos_test's.
    "tests/chaos/lake_trouble_test": OF_THE_LAKE,
    "tests/chaos/s3_server_test": (),
    "tests/chaos/two_runs_test": OF_THE_LAKE,
    "tests/cloud/": ("infra/", "scripts/", *(f"services/{one}/{one}/cli" for one in STAGES)),
    "tests/end_to_end/demo_test": ("demo/", "services/orchestrator/"),
    # Games that are gone are refusals and redirects.
    "tests/end_to_end/details_test": (
        *OF_THE_LAKE,
        *of_extractor("api/connection", "api/rawg_client", "api/refusals", "cli"),
    ),
    # Rows change, and the transformer says so: the extractor only stores them as they come.
    "tests/end_to_end/drift_test": (
        *("analytics/", "services/transformer/"),
        *of_extractor("commit/", "pages/"),
    ),
    # What follows from the list of endpoints: which are asked, with which key, how they are paged.
    "tests/end_to_end/endpoints_file_test": (
        *("analytics/", "docs/adding_an_endpoint.md"),
        *("services/orchestrator/", "services/transformer/"),
        *of_extractor("api/key", "api/rawg_client", "cli", "extract_endpoint", "open_run"),
        *of_extractor("pages/", "planning/", "reading/", "run_endpoints"),
    ),
    # Kills, signals, two runs at once and wrong words: the API is only slow, or refuses the key.
    "tests/end_to_end/extractor_test": (
        *OF_THE_LAKE,
        *of_extractor("api/key", "api/refusals", "cli"),
    ),
    # Which pages are asked for; the API gives whatever is asked, as fast as it can.
    "tests/end_to_end/large_day_test": (*OF_THE_LAKE, *of_extractor("cli")),
    # A budget is kept to while runs are killed; the API does as there.
    "tests/end_to_end/month_test": (*OF_THE_LAKE, *of_extractor("cli")),
    "tests/end_to_end/version_test": tuple(
        f"services/{one}/{one}/{part}" for one in PROGRAMS for part in ("cli", "__main__")
    ),
    "tests/protocol/": OF_THE_LAKE,  # its runs ask a client of its own
    "tests/pages/pages_test": ("services/orchestrator/",),
    "tests/pages/report_test": ("services/reporter/",),
    "tests/parity/": ("analytics/", "infra/snowflake/", "services/transformer/"),
    "tests/warehouse/": ("analytics/", "services/transformer/"),
}
OF_ALL = ("config/", "libs/", "tests/")
SLOWEST = 10
EX_USAGE, EX_UNAVAILABLE = 64, 69


@dataclass
class Tally:
    """What was counted so far; `failures`, `skips` and `left_out` hold a line for people each."""

    passed: int = 0
    failures: list[str] = field(default_factory=list)
    skips: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.passed} passed, {len(self.failures)} failed, {len(self.skips)} skipped"


def main(arguments: list[str]) -> int:
    """Run the checks and print the tally; 0 if nothing failed."""
    changed: list[str] = []
    targets = EVERYTHING
    if arguments == ["--changed"]:
        since = find_base()
        changed = list_changed(since)
        targets = choose_targets(since, changed)
    shutil.rmtree(OUTPUT, ignore_errors=True)  # reports of tests that are gone
    OUTPUT.mkdir(parents=True)
    tally = Tally()
    in_containers = OF_CONTAINERS if os.environ.get("TEST_STACK") and targets == EVERYTHING else []
    containers = start_pants("containers", ["test", *in_containers]) if in_containers else None
    types = start_pants("types", ["check", *targets]) if targets == EVERYTHING else None
    checks = {"BUILD files": BUILD_FILES}
    if targets == EVERYTHING or any(name.endswith(CODE) for name in changed):
        checks["format and lint"] = ["lint", *targets]
        if not types:
            checks["types"] = ["check", *targets]
    for name, goals in checks.items() if targets else ():
        count_check(tally, name, run_pants(name, goals))
    count_other_files(tally, lint_files())
    goals = choose_tests(targets, changed) if targets else []
    without = [f"-{spec}" for spec in in_containers]
    exit_code = run_pants("tests", [*goals, *without]) if goals else 0
    if types:
        count_check(tally, "types", wait_for("types", types))
    if containers:
        exit_code = wait_for("containers", containers) or exit_code
    count_tests(tally, REPORTS, exit_code, may_be_none=targets != EVERYTHING)
    print_tally(tally)
    return 1 if tally.failures else 0


def find_base() -> str:
    """The commit at which this branch left BASE (main)."""
    base = os.environ.get("BASE") or "main"
    asked = ask_git("merge-base", "HEAD", base)
    if asked.returncode != 0:
        print(f"There is no {base} to compare with: BASE=<commit> names another.", file=sys.stderr)
        sys.exit(EX_USAGE)
    return asked.stdout.strip()


def list_changed(since: str) -> list[str]:
    """The files that are others or new in the working copy."""
    changed = ask_git("diff", "--name-only", since).stdout.splitlines()
    return [*changed, *ask_git("ls-files", "--others", "--exclude-standard").stdout.splitlines()]


def choose_targets(since: str, changed: list[str]) -> list[str]:
    """What Pants is told to look at: what changed, and all that it reaches; or nothing."""
    if not changed:
        print(f"Nothing has changed since {since}.", flush=True)
        return []
    if any(name.startswith(REACHES_EVERYTHING) for name in changed):
        return EVERYTHING
    return [f"--changed-since={since}", "--changed-dependents=transitive"]


def choose_tests(targets: list[str], changed: list[str]) -> list[str]:
    """What Pants is told to test: of changes every file that they reach, by its own name; empty if none.

    With the changes themselves it runs all tests of each folder: to Pants, a folder's tests depend on each of
    its files.
    """
    if targets == EVERYTHING:
        return ["test", *targets]
    goals = ["--filter-target-type=python_test", "list", *targets]
    announce("tests that it reaches", goals)
    asked = subprocess.run(
        [str(ROOT / "pants"), *goals], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    if asked.returncode != 0:
        return ["test", *targets]
    reached = {test: tries_what_changed(test, changed) for test in asked.stdout.splitlines()}
    chosen = [test for test, tries in reached.items() if tries]
    for test in reached:
        print(
            test if test in chosen else f"{test}: left to main, it tries another part", flush=True
        )
    (OUTPUT / "reached").write_text("".join(f"{test}\n" for test in chosen))
    # A global option: before the goal.
    return ["--spec-files=dist/test/reached", "test"] if chosen else []


def tries_what_changed(test: str, changed: list[str]) -> bool:
    """Whether it tries a part of the product that changed, or all of it."""
    parts = next((parts for tests, parts in TRY.items() if test.startswith(tests)), ("",))
    return any(name.startswith((*parts, *OF_ALL)) for name in changed)


def ask_git(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)


def run_pants(name: str, goals: list[str]) -> int:
    announce(name, goals)
    return subprocess.run([str(ROOT / "pants"), *goals], cwd=ROOT, check=False).returncode


def lint_files() -> int:
    """What Pants does not check; it takes seconds, so it is all of them."""
    print("\n=== other files: make lint-files", flush=True)
    command = [sys.executable, str(ROOT / "build-support/lint_files.py")]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def start_pants(name: str, goals: list[str]) -> subprocess.Popen[str]:
    """Beside the others, two processes at once; what it says is kept until it has ended."""
    announce(name, goals)
    command = [str(ROOT / "pants"), "--concurrent", "--process-execution-local-parallelism=2"]
    with (OUTPUT / name).open("w") as said:
        return subprocess.Popen([*command, *goals], cwd=ROOT, stdout=said, stderr=said, text=True)


def wait_for(name: str, process: subprocess.Popen[str]) -> int:
    exit_code = process.wait()
    print(f"\n=== {name} said:\n{(OUTPUT / name).read_text()}", flush=True)
    return exit_code


def announce(name: str, goals: list[str]) -> None:
    print(f"\n=== {name}: ./pants {' '.join(goals)}", flush=True)


def count_check(tally: Tally, name: str, exit_code: int) -> None:
    if exit_code == 0:
        tally.passed += 1
    else:
        tally.failures.append(f"{name}: see above")


def count_other_files(tally: Tally, exit_code: int) -> None:
    if exit_code == EX_UNAVAILABLE:
        tally.skips.append("other files: a linter can't be had here, see NOT CHECKED above")
    else:
        count_check(tally, "other files", exit_code)


def count_tests(tally: Tally, reports: Path, exit_code: int, may_be_none: bool = False) -> None:
    """Add the tests of all reports, and a failure for what the reports cannot know."""
    before = len(tally.failures)
    cases = [case for report in sorted(reports.glob("*.xml")) for case in read_cases(report)]
    for case in cases:
        count_case(tally, case)
    if exit_code != 0 and len(tally.failures) == before:
        tally.failures.append("tests: Pants failed without a failed test, see above")
    if not cases and not may_be_none:
        tally.failures.append("tests: no test ran")


def read_cases(report: Path) -> list[ElementTree.Element]:
    return list(ElementTree.parse(report).getroot().iter("testcase"))


def count_case(tally: Tally, case: ElementTree.Element) -> None:
    name = f"{case.get('classname')}::{case.get('name')}"
    tally.seconds[name] = float(case.get("time", 0))
    for left_out in case.iterfind("properties/property[@name='left_out']"):
        tally.left_out.append(f"{name}: {left_out.get('value')}")
    if case.find("failure") is not None or case.find("error") is not None:
        tally.failures.append(name)
    elif (skipped := case.find("skipped")) is not None:
        tally.skips.append(f"{name}: {skipped.get('message')}")
    else:
        tally.passed += 1


def print_tally(tally: Tally) -> None:
    slowest = sorted(tally.seconds.items(), key=lambda one: -one[1])[:SLOWEST]
    parts = {
        "SLOW": [f"{seconds:.0f} s {name}" for name, seconds in slowest],
        "LEFT OUT (NIGHTLY=1 runs it)": tally.left_out,
        "FAILED": tally.failures,
        "SKIPPED": tally.skips,
    }
    print()
    for label, lines in parts.items():
        for line in lines:
            print(label, line)
    print(tally, flush=True)
    SUMMARY.parent.mkdir(parents=True, exist_ok=True)
    SUMMARY.write_text(f"{tally}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
