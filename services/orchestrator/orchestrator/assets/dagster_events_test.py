from __future__ import annotations

import dagster as dg
import pytest

from gamemarket.endpoints import load_endpoints
from gamemarket.errors import ExitCode
from gamemarket.run_summary import RunSummary
from orchestrator.assets.dagster_events import build_metadata, describe_extraction
from orchestrator.assets.lake_links import LakeLinks
from orchestrator.stages.stage_report import StageReport

GAMES = RunSummary(endpoint="games", state="committed", generation=2, pages=7, rows=280, requests=9)

LINKS = LakeLinks("s3://lake", load_endpoints())


def report(code: int) -> StageReport:
    return StageReport(exit_code=ExitCode(code), message=f"It was {code}.", summaries=(GAMES,))


@pytest.mark.parametrize(
    ("code", "passed", "severity"), [(0, True, "ERROR"), (65, False, "ERROR"), (75, False, "WARN")]
)
def test_what_is_worth_having_is_materialized_with_its_check(
    code: int, passed: bool, severity: str
) -> None:
    result = describe_extraction(report(code), "complete", LINKS)
    [check] = result.check_results or []
    assert (check.passed, check.severity.value) == (passed, severity)
    assert check.description == (None if passed else f"It was {code}.")


@pytest.mark.parametrize(
    ("code", "retried"), [(64, False), (69, True), (70, True), (74, True), (77, False)]
)
def test_other_ends_fail_the_step_and_their_class_decides_the_retry(
    code: int, retried: bool
) -> None:
    with pytest.raises(dg.Failure) as caught:
        describe_extraction(report(code), "complete", LINKS)
    assert caught.value.allow_retries is retried
    assert caught.value.description == f"It was {code}."


def test_a_partition_of_which_nothing_was_committed_is_not_materialized() -> None:
    """A page that is none for good ends with 65 too, but there is no day to hold for read."""
    failed = GAMES.model_copy(update={"state": "failed", "generation": 0})
    with pytest.raises(dg.Failure, match=r"It was 65") as caught:
        describe_extraction(
            report(65).model_copy(update={"summaries": (failed,)}), "complete", LINKS
        )
    assert caught.value.allow_retries is False


def test_the_figures_of_a_summary_are_metadata() -> None:
    assert build_metadata([GAMES.model_copy(update={"reasons": ("limited",)})]) == {
        "state": "committed",
        "exit_code": 0,
        "generation": 2,
        "pages": 7,
        "dagster/partition_row_count": 280,
        "requests": 9,
        "reasons": "limited",
    }


def test_several_summaries_are_added_up() -> None:
    assert build_metadata([GAMES, GAMES])["requests"] == 18
