"""How a stage's container ended, for one that could not say so itself; it is removed soon after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.stages.stage_commands import StageName

__all__ = ["explain_end"]

# 128 and SIGKILL, which nothing can catch.
_KILLED: Final = 137


def explain_end(state: Mapping[str, Any], stage: StageName, memory: str) -> str:
    """`state` as the engine shows it (`State` of `docker inspect`), `memory` the container's limit."""
    if state.get("OOMKilled"):
        why = (
            f"it was killed for want of memory: {stage.upper()}_MEMORY in .env is {memory}, give it "
            "more, then `make start`"
        )
    elif state.get("ExitCode") == _KILLED:
        why = "it was killed (137), by hand or by a machine that was short of memory"
    else:
        why = f"its container ended with {state.get('ExitCode')}"
    return f"{why}; what it said is this step's stdout in the run's page"
