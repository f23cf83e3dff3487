import subprocess
from pathlib import Path

import pytest
import run_checks
from run_checks import Tally, ask_git, count_tests, print_tally

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


def test_a_change_may_reach_no_test(tmp_path: Path) -> None:
    tally = Tally()
    count_tests(tally, tmp_path, 0, may_be_none=True)
    assert tally.failures == []


def print_in(folder: Path, tally: Tally, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_checks, "SUMMARY", folder / "summary")
    print_tally(tally)


def test_what_a_test_left_out_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    left_out = '<properties><property name="left_out" value="7 of 10 days"/></properties>'
    case = f'<testcase classname="a" name="backfill">{left_out}</testcase>'
    print_in(tmp_path, tally_of(tmp_path, case), monkeypatch)
    assert "LEFT OUT (NIGHTLY=1 runs it) a::backfill: 7 of 10 days" in capsys.readouterr().out


def test_the_ten_slowest_are_told_the_slowest_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [f'<testcase classname="a" name="b{n}" time="{n}.2"/>' for n in range(12)]
    print_in(tmp_path, tally_of(tmp_path, *cases), monkeypatch)
    slow = [line for line in capsys.readouterr().out.splitlines() if line.startswith("SLOW")]
    assert slow == [f"SLOW {n} s a::b{n}" for n in range(11, 1, -1)]


def test_the_last_line_is_the_sum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    print_in(tmp_path, tally_of(tmp_path, PASSED + SKIPPED), monkeypatch)
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed, 1 skipped"
    assert (tmp_path / "summary").read_text() == "1 passed, 0 failed, 1 skipped\n"


# Says what it was asked for, passes one test, and fails where it is told to.
FAKE_PANTS = """#!/bin/sh
echo "$*" >> asked
case " $* " in *" list "*) cat reached ;; esac
case " $* " in *" test "*)
  mkdir -p dist/test/reports
  name=$(echo "$*" | cksum | tr -d ' ')
  echo '<a><testcase classname="a" name="passes"/></a>' > dist/test/reports/$name.xml
esac
case "$*" in *"$FAILS"*) exit 1; esac
"""
FAKE_LINT = "import os, sys\nsys.exit(int(os.environ.get('LINT', 0)))\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository on a branch, with a Pants that only pretends."""
    (tmp_path / "pants").write_text(FAKE_PANTS)
    (tmp_path / "pants").chmod(0o755)
    (tmp_path / "pants.toml").touch()
    (tmp_path / "reached").write_text("a/b_test.py\na/c_test.py:../tests\n")
    (tmp_path / "build-support").mkdir()
    (tmp_path / "build-support/lint_files.py").write_text(FAKE_LINT)
    output = tmp_path / "dist/test"
    paths = {"OUTPUT": output, "REPORTS": output / "reports", "SUMMARY": output / "summary"}
    for name, path in {"ROOT": tmp_path, **paths}.items():
        monkeypatch.setattr(run_checks, name, path)
    monkeypatch.setenv("FAILS", "nothing")
    monkeypatch.delenv("TEST_STACK", raising=False)
    monkeypatch.delenv("BASE", raising=False)
    for words in ("init -qb main", "add .", f"{ME} commit -qm one", "switch -qc branch"):
        subprocess.run(["git", *words.split()], cwd=tmp_path, check=True)
    return tmp_path


ME = "-c user.name=A -c user.email=a@example.org"


def read_asked(tree: Path) -> list[str]:
    return (tree / "asked").read_text().splitlines()


@pytest.mark.parametrize(("fails", "told"), [("lint", "format and lint"), ("check ::", "types")])
def test_every_check_runs_also_after_one_that_failed(
    tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fails: str,
    told: str,
) -> None:
    monkeypatch.setenv("FAILS", fails)
    assert run_checks.main([]) == 1
    asked = sorted(line.split()[-2] for line in read_asked(tree))
    assert asked == ["check", "lint", "test", "update-build-files"]
    assert (tree / "dist/test/summary").read_text() == "4 passed, 1 failed, 0 skipped\n"
    assert f"FAILED {told}: see above" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("exit_code", "told"), [("1", "4 passed, 1 failed, 0"), ("69", "4 passed, 0 failed, 1")]
)
def test_linters_of_other_files_that_fail_or_are_missing_are_told(
    tree: Path, monkeypatch: pytest.MonkeyPatch, exit_code: str, told: str
) -> None:
    monkeypatch.setenv("LINT", exit_code)
    assert run_checks.main([]) == (exit_code == "1")
    assert (tree / "dist/test/summary").read_text() == f"{told} skipped\n"


def test_where_there_are_containers_their_tests_run_beside_the_others(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_STACK", "images")
    assert run_checks.main([]) == 0
    [beside, others] = sorted(
        line for line in read_asked(tree) if "test tests/" in line or "test ::" in line
    )
    assert beside.endswith("test tests/images:: tests/stack::")
    assert others == "test :: -tests/images:: -tests/stack::"
    assert (tree / "dist/test/summary").read_text() == "6 passed, 0 failed, 0 skipped\n"


def test_tests_in_containers_that_fail_are_a_failure(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_STACK", "images")
    monkeypatch.setenv("FAILS", "--concurrent")
    assert run_checks.main([]) == 1


def test_where_nothing_has_changed_pants_is_not_asked(tree: Path) -> None:
    assert run_checks.main(["--changed"]) == 0
    assert not (tree / "asked").exists()
    assert (tree / "dist/test/summary").read_text() == "1 passed, 0 failed, 0 skipped\n"


def test_a_new_file_is_a_change(tree: Path) -> None:
    (tree / "new.md").write_text("words")
    assert run_checks.main(["--changed"]) == 0
    assert len(read_asked(tree)) > 2


@pytest.mark.parametrize("changed", ["a/x.py", "a/BUILD", "BUILD"])
def test_a_change_is_checked_with_what_it_reaches(tree: Path, changed: str) -> None:
    (tree / "a").mkdir()
    (tree / changed).write_text("X = 1")
    assert run_checks.main(["--changed"]) == 0
    base = ask_git("rev-parse", "main").stdout.strip()
    reached = f"--changed-since={base} --changed-dependents=transitive"
    assert read_asked(tree)[1:] == [
        f"lint {reached}",
        f"check {reached}",
        f"--filter-target-type=python_test list {reached}",
        "--spec-files=dist/test/reached test",
    ]
    names = (tree / "dist/test/reached").read_text()
    assert names == (tree / "reached").read_text()


def test_a_text_is_not_linted_and_has_no_types(tree: Path) -> None:
    (tree / "README.md").write_text("words")
    assert run_checks.main(["--changed"]) == 0
    build_files, asked_for_tests, tests = read_asked(tree)
    assert "update-build-files" in build_files
    assert " list " in asked_for_tests
    assert tests == "--spec-files=dist/test/reached test"
    assert (tree / "dist/test/summary").read_text() == "3 passed, 0 failed, 0 skipped\n"


EVERY = (
    "a/b_test.py",
    "tests/chaos/chaos_test.py:tests",
    "tests/chaos/lake_trouble_test.py:tests",
    "tests/cloud/c_test.py:tests",
    "tests/end_to_end/endpoints_file_test.py:tests",
    "tests/end_to_end/version_test.py:tests",
    "tests/parity/d_test.py:tests",
    "tests/protocol/e_test.py:tests",
)


# Of these, what is no test of one part.
ALWAYS = ("a/b", "chaos/chaos")


@pytest.mark.parametrize(
    ("changed", "chosen"),
    [
        ("services/extractor/extractor/x.py", ()),
        ("services/extractor/extractor/cli.py", ("cloud", "endpoints_file", "version")),
        ("services/orchestrator/orchestrator/__main__.py", ("endpoints_file", "version")),
        ("services/extractor/extractor/api/pace.py", ()),
        ("services/extractor/extractor/api/ledger.py", ("lake_trouble", "protocol")),
        (
            "services/extractor/extractor/reading/x.py",
            ("endpoints_file", "lake_trouble", "protocol"),
        ),
        ("services/transformer/transformer/x.py", ("endpoints_file", "parity")),
        ("docs/adding_an_endpoint.md", ("endpoints_file",)),
        ("libs/common/x.py", ("tests/",)),
    ],
)
def test_tests_of_another_part_are_left_to_main(
    tree: Path, capsys: pytest.CaptureFixture[str], changed: str, chosen: tuple[str, ...]
) -> None:
    (tree / "reached").write_text("".join(f"{test}\n" for test in EVERY))
    (tree / changed).parent.mkdir(parents=True)
    (tree / changed).touch()
    ask_git("add", "--all")
    ask_git(*ME.split(), "commit", "-qm", "two")
    ask_git("branch", "--force", "main")
    (tree / changed).write_text("X = 1")
    assert run_checks.main(["--changed"]) == 0
    run = [test for test in EVERY if any(name in test for name in (*ALWAYS, *chosen))]
    assert (tree / "dist/test/reached").read_text().splitlines() == run
    told = capsys.readouterr().out
    assert [f"{test}: left to main" in told for test in EVERY] == [
        test not in run for test in EVERY
    ]


def test_a_change_that_reaches_no_test_runs_none(tree: Path) -> None:
    (tree / "reached").write_text("")
    assert run_checks.main(["--changed"]) == 0
    assert "list" in read_asked(tree)[-1]
    assert (tree / "dist/test/summary").read_text() == "2 passed, 0 failed, 0 skipped\n"


def test_where_pants_names_no_tests_all_that_may_be_reached_are_run(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "README.md").write_text("words")
    monkeypatch.setenv("FAILS", "list")
    assert run_checks.main(["--changed"]) == 0
    assert read_asked(tree)[-1].startswith("test --changed-since=")


def test_what_pants_does_not_see_reach_everything_does(tree: Path) -> None:
    (tree / "pants.toml").write_text("[GLOBAL]")
    assert run_checks.main(["--changed"]) == 0
    beside, *others = sorted(line for line in read_asked(tree) if "tailor" not in line)
    assert beside.endswith("check ::")
    assert others == ["lint ::", "test ::"]


def test_a_base_that_is_not_there_is_an_error(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BASE", "nowhere")
    with pytest.raises(SystemExit) as ended:
        run_checks.main(["--changed"])
    assert ended.value.code == 64
    assert "BASE=<commit>" in capsys.readouterr().err
