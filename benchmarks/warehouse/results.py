"""All that was measured."""

from dataclasses import dataclass, field

from benchmarks.warehouse.comparison import Comparison
from benchmarks.warehouse.measured_build import Build


@dataclass
class Results:
    """Builds of days, by the day that was asked for (the next days' builds stand with it), and of days of
    few pages; the builds of the days between; full refreshes by the number of games, and the build of
    a day after each."""

    days: dict[int, list[Build]] = field(default_factory=dict)
    thin_days: dict[int, list[Build]] = field(default_factory=dict)
    between: list[Build] = field(default_factory=list)
    refreshes: dict[int, Build] = field(default_factory=dict)
    days_after: dict[int, Build] = field(default_factory=dict)
    comparison: Comparison | None = None
