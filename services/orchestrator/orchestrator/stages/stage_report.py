"""What a stage said of its end, and what that means for a run.

Dagster's Pipes clients raise on any exit code but 0 and tell the code in a text only; so a stage
sends `{exit_code, message, summaries}` as its last Pipes message, and decisions are made from that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from gamemarket.errors import ExitCode
from gamemarket.run_summary import RunSummary

__all__ = ["StageReport", "is_retryable", "parse_stage_report", "transforms_after"]

# What is committed is worth having: transform after these, whatever the run's end.
_WORTH_TRANSFORMING = frozenset({ExitCode.DONE, ExitCode.DATA, ExitCode.STOPPED_EARLY})

# The same arguments give the same answer (64, 65, 77), the quota is spent (75), or it was stopped on
# purpose.
_NEVER_RETRIED = frozenset(
    {
        ExitCode.USAGE,
        ExitCode.DATA,
        ExitCode.STOPPED_EARLY,
        ExitCode.KEY_REFUSED,
        ExitCode.INTERRUPTED,
        ExitCode.TERMINATED,
    }
)


class StageReport(BaseModel):
    """A stage's closing message."""

    model_config = ConfigDict(frozen=True)

    exit_code: ExitCode
    message: str = ""
    summaries: tuple[RunSummary, ...] = ()

    @property
    def sentence(self) -> str:
        """The message, or what stands for it where the stage gave none."""
        reasons = sorted({reason for summary in self.summaries for reason in summary.reasons})
        return self.message or ", ".join(reasons) or f"ended with exit code {self.exit_code:d}"


def parse_stage_report(stage: str, messages: Sequence[Any], failure: str | None) -> StageReport:
    """The closing message of a stage. `failure`: what the Pipes client said of the process.

    A stage that sent none (killed, or no stage at all), or that failed after it said that all is
    done, is a defect.
    """
    reports = [message for message in messages if _is_report(message)]
    try:
        report = StageReport.model_validate(reports[-1]) if reports else None
    except ValidationError as error:
        report, failure = None, f"its report can't be read ({error.errors()[0]['msg']})"
    if report and not (failure and report.exit_code == ExitCode.DONE):
        return report
    why = failure or "no word of why"
    return StageReport(
        exit_code=ExitCode.DEFECT,
        message=f"The {stage} did not tell how it ended ({why}): see its log.",
    )


def _is_report(message: object) -> bool:
    return isinstance(message, dict) and "exit_code" in message


def transforms_after(exit_code: ExitCode) -> bool:
    """Whether an extraction that ended like this leaves something to transform."""
    return exit_code in _WORTH_TRANSFORMING


def is_retryable(exit_code: ExitCode) -> bool:
    """Whether trying again can help: never for 64, 65, 75, 77 and what was stopped."""
    return exit_code not in _NEVER_RETRIED
