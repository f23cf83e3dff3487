"""What a build has to load: the one decision of a build, made from facts alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gamemarket.errors import UsageError
from transformer.lake.lake_parts import LakePart

__all__ = ["LoadPlan", "WarehouseMemory", "plan_load"]


@dataclass(frozen=True, slots=True)
class WarehouseMemory:
    """What a warehouse knows of its own builds: file names, and the models' fingerprints.

    `loaded_parts` came with builds that passed, `attempted_parts` with builds that failed or were
    killed since: some tables may hold them, others not. `models_fingerprints`: the models that the
    tables may be made by; `project_fingerprints`: the whole projects. `has_passed`: whether any build has.
    """

    loaded_parts: frozenset[str] = frozenset()
    attempted_parts: frozenset[str] = frozenset()
    models_fingerprints: frozenset[str] = frozenset()
    has_passed: bool = False
    project_fingerprints: frozenset[str | None] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether no build was ever begun."""
        return not (self.has_passed or self.models_fingerprints)


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """The parts to load, those loaded already, how many wait for a build without --run-date.

    `full_refresh`: everything is built anew, for this `reason`.
    """

    due: tuple[LakePart, ...]
    loaded: frozenset[str]
    waiting: int
    full_refresh: bool
    reason: str
    first_build: bool

    @property
    def nothing_to_do(self) -> bool:
        """Whether the warehouse is as new as the lake (or as the asked run date)."""
        return not (self.due or self.full_refresh or self.first_build)


def plan_load(
    parts: Sequence[LakePart],
    memory: WarehouseMemory,
    fingerprint: str,
    *,
    run_date: date | None = None,
    full_refresh: bool = False,
) -> LoadPlan:
    """Decides which parts are due; `run_date` narrows them, except in a full refresh.

    An attempted part is due whatever its run date: models that hold it would not agree with those
    that lack it.
    """
    if full_refresh and run_date:
        raise UsageError("A full refresh reads every run date: leave out --run-date.")
    first_build = not memory.has_passed
    reason = _find_reason(parts, memory, fingerprint, asked=full_refresh)
    if reason:
        return LoadPlan(tuple(parts), frozenset(), 0, True, reason, first_build)
    missing = [part for part in parts if part.file_name not in memory.loaded_parts]
    due = tuple(
        part
        for part in missing
        if run_date in (None, part.run_date) or part.file_name in memory.attempted_parts
    )
    waiting = len(missing) - len(due)
    return LoadPlan(due, memory.loaded_parts, waiting, False, "", first_build)


def _find_reason(
    parts: Sequence[LakePart], memory: WarehouseMemory, fingerprint: str, *, asked: bool
) -> str:
    if asked:
        return "asked for"
    remembered = memory.loaded_parts | memory.attempted_parts
    superseded = remembered - {part.file_name for part in parts}
    if superseded:
        return (
            f"{len(superseded)} loaded part(s) are no longer named by any current generation, "
            f"first {min(superseded)}"
        )
    if memory.models_fingerprints - {fingerprint}:
        return "the models have changed since the last build"
    return ""
