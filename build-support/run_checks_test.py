from pathlib import Path

import pytest
import run_checks
from run_checks import Tally, count_tests, print_tally

PASSED = '<testcase classname="a" name="passes"/>'
FAILED = '<testcase classname="a" name="fails"><failure message="no"/></testcase>'
BROKEN = '<testcase classname="a" name="breaks"><error message="no"/></testcase>'
SKIPPED = '<testcase classname="a" name="waits"><skipped message="needs Docker"/></testcase>'


def tally_of(folder: Path, *reports: str, exit_code: int = 0) -> Tally:
    for number, cases in enumerate(reports):
        suite = f"<testsuites><testsuite>{cases}</testsuite></testsuites>"
        (folder / f"{number}.xml").write_text(suite)
    tally = Tally()
    count_tests(tally, folder, exit_code)
    return tally


def test_the_tests_of_all_reports_are_summed(tmp_path: Path) -> None:
    tally = tally_of(tmp_path, PASSED + FAILED, PASSED + BROKEN + SKIPPED, exit_code=1)
    assert str(tally) == "2 passed, 2 failed, 1 skipped"


def test_a_skipped_test_is_listed_with_its_reason(tmp_path: Path) -> None:
    assert tally_of(tmp_path, PASSED + SKIPPED).skips == ["a::waits: needs Docker"]


def test_no_test_at_all_is_a_failure(tmp_path: Path) -> None:
    assert tally_of(tmp_path).failures == ["tests: no test ran"]


def test_a_crash_that_no_report_tells_of_is_a_failure(tmp_path: Path) -> None:
    assert str(tally_of(tmp_path, PASSED, exit_code=1)) == "1 passed, 1 failed, 0 skipped"


def test_the_last_line_is_the_sum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_checks, "SUMMARY", tmp_path / "summary")
    print_tally(tally_of(tmp_path, PASSED + SKIPPED))
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed, 1 skipped"
    assert (tmp_path / "summary").read_text() == "1 passed, 0 failed, 1 skipped\n"
