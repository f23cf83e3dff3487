"""Runs everything that a pull request must pass, and ends with one line that sums it up.

Every check runs, also after one that failed. Tests are counted from the JUnit reports that Pants
writes (for results from its cache too); each other check counts as one. The exit code is 0 only
if nothing failed and tests ran.
"""

import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "dist/test/reports"
SUMMARY = ROOT / "dist/test/summary"  # what .ci/run repeats below make's own last words
CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["check", "::"],
}
TESTS = ["test", "::"]


@dataclass
class Tally:
    """What was counted so far; `failures` and `skips` hold a line for people each."""

    passed: int = 0
    failures: list[str] = field(default_factory=list)
    skips: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.passed} passed, {len(self.failures)} failed, {len(self.skips)} skipped"


def main() -> int:
    """Run all checks and print the tally; 0 if nothing failed."""
    shutil.rmtree(REPORTS.parent, ignore_errors=True)  # reports of tests that are gone
    tally = Tally()
    for name, goal in CHECKS.items():
        if run_pants(name, goal) == 0:
            tally.passed += 1
        else:
            tally.failures.append(f"{name}: see above")
    exit_code = run_pants("tests", TESTS)
    count_tests(tally, REPORTS, exit_code)
    print_tally(tally)
    return 1 if tally.failures else 0


def run_pants(name: str, goal: list[str]) -> int:
    print(f"\n=== {name}: ./pants {' '.join(goal)}", flush=True)
    return subprocess.run([str(ROOT / "pants"), *goal], cwd=ROOT, check=False).returncode


def count_tests(tally: Tally, reports: Path, exit_code: int) -> None:
    """Add the tests of all reports, and a failure for what the reports cannot know."""
    before = len(tally.failures)
    cases = [case for report in sorted(reports.glob("*.xml")) for case in read_cases(report)]
    for case in cases:
        count_case(tally, case)
    if exit_code != 0 and len(tally.failures) == before:
        tally.failures.append("tests: Pants failed without a failed test, see above")
    if not cases:
        tally.failures.append("tests: no test ran")


def read_cases(report: Path) -> list[ElementTree.Element]:
    return list(ElementTree.parse(report).getroot().iter("testcase"))


def count_case(tally: Tally, case: ElementTree.Element) -> None:
    name = f"{case.get('classname')}::{case.get('name')}"
    if case.find("failure") is not None or case.find("error") is not None:
        tally.failures.append(name)
    elif (skipped := case.find("skipped")) is not None:
        tally.skips.append(f"{name}: {skipped.get('message')}")
    else:
        tally.passed += 1


def print_tally(tally: Tally) -> None:
    print()
    for label, lines in {"FAILED": tally.failures, "SKIPPED": tally.skips}.items():
        for line in lines:
            print(label, line)
    print(tally, flush=True)
    SUMMARY.parent.mkdir(parents=True, exist_ok=True)
    SUMMARY.write_text(f"{tally}\n")


if __name__ == "__main__":
    sys.exit(main())
