"""What a build has to load: the one decision of a build, made from facts alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from transformer.lake.lake_parts import LakePart

__all__ = ["LoadPlan", "WarehouseMemory", "find_refresh_reason", "plan_load"]


@dataclass(frozen=True, slots=True)
class WarehouseMemory:
    """What a warehouse knows of its own builds: file names, and the models' fingerprints.

    `attempted_parts` came with builds that failed or were killed since the last that passed: some tables
    may hold them, others not. `models_fingerprints`: the models that the tables may be made by;
    `project_fingerprints`: the whole projects. `has_passed`: whether any build has. `manifests`: the version
    of each manifest whose parts it knows, by its key.
    """

    attempted_parts: frozenset[str] = frozenset()
    models_fingerprints: frozenset[str] = frozenset()
    has_passed: bool = False
    project_fingerprints: frozenset[str | None] = frozenset()
    manifests: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether no build was ever begun."""
        return not (self.has_passed or self.models_fingerprints)


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """The parts to load, how many wait for a build without --run-date.

    `full_refresh`: everything is built anew, for this `reason`.
    """

    due: tuple[LakePart, ...]
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
    reason: str,
    *,
    run_date: date | None = None,
) -> LoadPlan:
    """Decides which parts are due; `run_date` narrows them, except in a full refresh.

    `parts`: all of them where there is a `reason` for a full refresh, else those that no build that
    passed has loaded. An attempted part is due whatever its run date: models that hold it would not agree
    with those that lack it.
    """
    first_build = not memory.has_passed
    if reason:
        return LoadPlan(tuple(parts), 0, True, reason, first_build)
    due = tuple(
        part
        for part in parts
        if run_date in (None, part.run_date) or part.file_name in memory.attempted_parts
    )
    return LoadPlan(due, len(parts) - len(due), False, "", first_build)


def find_refresh_reason(
    superseded: Sequence[str], memory: WarehouseMemory, fingerprint: str, *, asked: bool
) -> str:
    """Why everything must be built anew, or an empty text.

    `superseded`: parts that some build has loaded or tried to, and that the lake names no more.
    """
    if asked:
        return "asked for"
    if superseded:
        return (
            f"{len(superseded)} loaded part(s) are no longer named by any current generation, "
            f"first {min(superseded)}"
        )
    if memory.models_fingerprints - {fingerprint}:
        return "the models have changed since the last build"
    return ""
