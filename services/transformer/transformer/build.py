"""The flow of a build: read the lake, decide what is due, let dbt load it, publish, remember.

One build at a time holds the warehouse. Parts are remembered as attempted before dbt starts and as
loaded when everything passed, so a build that failed anywhere is simply done again: loading a part
twice changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gamemarket.endpoints import Endpoint, load_endpoints
from gamemarket.errors import ExitCode, UsageError
from gamemarket.lake import Lake, open_lake
from gamemarket.settings import Settings
from gamemarket.stage import Reporter
from transformer.dbt_environment import check_target
from transformer.dbt_project import DbtProject, write_dbt_project
from transformer.dbt_results import DbtResults, ModelResult, read_results
from transformer.duckdb_warehouse import DuckDbWarehouse
from transformer.failures import explain_exception, explain_failures
from transformer.lake_parts import LakePart, check_parts, read_lake_parts
from transformer.last_build import find_last_build, keep_last_build
from transformer.load_plan import LoadPlan, plan_load
from transformer.publish import new_build_id, publish_marts, read_pointer
from transformer.report import (
    print_marts,
    report_build,
    report_unchanged,
    summarize_failures,
    summarize_published,
)
from transformer.run_dbt import DbtFolders, build_dbt_args, run_dbt
from transformer.warehouse_lock import hold_warehouse

__all__ = ["BuildOptions", "build_warehouse", "known_endpoints", "open_project"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What the caller asks for; `select` is dbt's own selection syntax."""

    run_date: date | None = None
    target: str = "dev"
    full_refresh: bool = False
    select: tuple[str, ...] = ()


def build_warehouse(settings: Settings, options: BuildOptions, reporter: Reporter) -> ExitCode:
    """Brings the warehouse up to date with the lake and publishes the marts.

    Raises DataError (65) when a test failed, UpstreamError (69) when the warehouse is held,
    LakeError (74) when a part is not what its manifest says.
    """
    _check_target(options.target, settings)
    with hold_warehouse(settings.duckdb_path, "transformer build"):
        build = _Build(settings, options, reporter)
        plan = build.plan()
        if not (plan.nothing_to_do and build.report_unchanged()):
            check_parts(build.lake, plan.due)
            build.load(plan)
    return ExitCode.DONE


def _check_target(target: str, settings: Settings) -> None:
    """UsageError for what later versions bring: Snowflake, and DuckDB over a lake in S3."""
    check_target(target, settings)
    if target != "dev":
        raise UsageError(
            "Building into Snowflake is not wired up in this version: the project parses for prod "
            "(`transformer dbt -- parse --target prod`), but parts are only handed to DuckDB."
        )


def _check_lake(lake: Lake) -> None:
    if lake.uri.startswith("s3://"):
        raise UsageError(
            f"This version builds from a lake in a folder, and DATA_LAKE_BUCKET names {lake.uri}: "
            "unset it, and set DATA_LAKE_DIR to a copy of the lake."
        )


class _Build:
    """One build: its lake, warehouse and dbt project."""

    def __init__(self, settings: Settings, options: BuildOptions, reporter: Reporter) -> None:
        self._settings = settings
        self._options = options
        self._reporter = reporter
        self.lake: Lake = open_lake(settings)
        _check_lake(self.lake)
        self._endpoints = known_endpoints(settings)
        self._project = open_project(settings)
        self._folders = DbtFolders.below(settings.home, options.target)
        self._warehouse = DuckDbWarehouse(settings.duckdb_path)
        self._parts: list[LakePart] = []

    def plan(self) -> LoadPlan:
        memory = self._warehouse.remember()
        self._parts = read_lake_parts(self.lake)
        plan = plan_load(
            self._parts,
            memory,
            self._project.models_fingerprint,
            run_date=self._options.run_date,
            full_refresh=self._options.full_refresh,
        )
        if plan.full_refresh:
            _log.info("full refresh, because %s: %d parts", plan.reason, len(plan.due))
        else:
            _log.info("%d of %d parts are due", len(plan.due), len(self._parts))
        if plan.waiting:
            _log.info("%d parts of other run dates wait for a build of theirs", plan.waiting)
        return plan

    def report_unchanged(self) -> bool:
        """Reports the last build as it stands; False when that can't be done without dbt."""
        pointer = read_pointer(self.lake)
        last_build = find_last_build(self._folders, self._project)
        if pointer is None or last_build is None or self._options.select:
            return False
        _log.info("nothing new in the lake: no mart changes, build %s stands", pointer.build_id)
        print_marts(report_unchanged(self._reporter, last_build, pointer))
        return True

    def load(self, plan: LoadPlan) -> None:
        fingerprint = self._project.models_fingerprint
        self._warehouse.prepare(self.lake.uri, self._endpoints, self._parts, plan, fingerprint)
        results = self._run_dbt(plan)
        tables = [m.relation for m in results.models if m.succeeded and not m.is_view]
        report_build(self._reporter, results, self._warehouse.count_rows(tables))
        self._judge(results)
        if self._options.select:
            _log.info("only some of the models were built: nothing is published, parts stay due")
            return
        self._finish(plan, [model for model in results.models if model.is_mart])

    def _run_dbt(self, plan: LoadPlan) -> DbtResults:
        command = _build_command(self._options.select, full_refresh=plan.full_refresh)
        args = build_dbt_args(command, self._project, self._folders, self._options.target)
        _log.info("dbt starts: that takes some seconds")
        (self._folders.target / "run_results.json").unlink(missing_ok=True)
        outcome = run_dbt(args, self._settings, self._folders)
        if outcome.exception is not None:
            raise explain_exception(
                outcome.exception, self._settings.duckdb_path, self._folders.log_file
            )
        return read_results(self._folders.target)

    def _judge(self, results: DbtResults) -> None:
        if not (results.broken_models or results.failed_tests):
            return
        summaries = summarize_failures(results)
        self._reporter.summarize(summaries)
        print_marts(summaries)
        raise explain_failures(results, self._settings.duckdb_path, self._folders.log_file)

    def _finish(self, plan: LoadPlan, marts: Sequence[ModelResult]) -> None:
        built_at = self._settings.clock.now()
        build_id = new_build_id(built_at)
        pointer = publish_marts(self.lake, self._warehouse, marts, build_id, built_at)
        keep_last_build(self._folders, self._project)
        self._warehouse.record(build_id, built_at, plan)
        print_marts(summarize_published(self._reporter, pointer))


def known_endpoints(settings: Settings) -> list[Endpoint]:
    """The endpoints of ENDPOINTS_FILE, and the packed ones: the models name those as sources."""
    packed = load_endpoints().endpoints
    chosen = load_endpoints(settings.endpoints_file).endpoints
    named = {(endpoint.source, endpoint.name): endpoint for endpoint in (*packed, *chosen)}
    return list(named.values())


def open_project(settings: Settings) -> DbtProject:
    """The working copy of the dbt project below GAME_MARKET_HOME."""
    folder = settings.home.resolve() / "dbt" / "project"
    return write_dbt_project(folder, known_endpoints(settings))


def _build_command(select: Sequence[str], *, full_refresh: bool) -> list[str]:
    """Unit tests stay out: they test the models with rows of their own, not the data."""
    command = ["build", "--exclude-resource-type", "unit_test"]
    if full_refresh:
        command.append("--full-refresh")
    return [*command, *(["--select", *select] if select else [])]
