from __future__ import annotations

import pytest

from gamemarket.errors import ExitCode
from orchestrator.stages.stage_report import is_retryable, parse_stage_report, transforms_after

SUMMARY = {"endpoint": "games", "state": "committed", "rows": 3, "reasons": ["drifted"]}


def test_the_last_report_counts_and_other_messages_are_ignored() -> None:
    messages = [{"other": 1}, {"exit_code": 0}, {"exit_code": 65, "summaries": [SUMMARY]}, "text"]
    report = parse_stage_report("extractor", messages, "code 65")
    assert report.exit_code == ExitCode.DATA
    assert report.summaries[0].rows == 3
    assert report.sentence == "drifted"


@pytest.mark.parametrize(
    ("messages", "failure"),
    [
        ([], "failed with code -9"),
        ([], None),
        ([{"exit_code": 0}], "failed with code -11"),
        ([{"exit_code": 3}], "failed with code 3"),
    ],
)
def test_a_stage_whose_end_is_not_known_is_a_defect(
    messages: list[object], failure: str | None
) -> None:
    report = parse_stage_report("extractor", messages, failure)
    assert report.exit_code == ExitCode.DEFECT
    assert "extractor did not tell how it ended" in report.message


def test_what_is_committed_is_transformed_and_nothing_else() -> None:
    worth = {code for code in ExitCode if transforms_after(code)}
    assert worth == {ExitCode.DONE, ExitCode.DATA, ExitCode.STOPPED_EARLY}


@pytest.mark.parametrize("code", [64, 65, 75, 77, 130, 143])
def test_what_trying_again_cannot_help_is_not_retried(code: int) -> None:
    assert not is_retryable(ExitCode(code))


@pytest.mark.parametrize("code", [69, 70, 74])
def test_what_may_pass_is_retried(code: int) -> None:
    assert is_retryable(ExitCode(code))
