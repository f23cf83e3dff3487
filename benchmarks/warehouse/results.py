"""All that was measured."""

from dataclasses import dataclass, field

from benchmarks.warehouse.comparison import Comparison
from benchmarks.warehouse.measured_build import Build


@dataclass
class Results:
    """Builds of days, by the day that was asked for (the next days' builds stand with it); the builds of
    the days between; full refreshes by the number of games."""

    days: dict[int, list[Build]] = field(default_factory=dict)
    between: list[Build] = field(default_factory=list)
    refreshes: dict[int, Build] = field(default_factory=dict)
    comparison: Comparison | None = None
