"""The flow of a build: read the lake, decide what is due, let dbt load it, publish, remember.

One build at a time holds the warehouse. Parts are remembered as attempted before dbt starts and as
loaded when everything passed, so a build that failed anywhere is simply done again: loading a part
twice changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from gamemarket.errors import ExitCode, UsageError
from gamemarket.lake import open_lake
from gamemarket.published_marts import MartsPointer, read_pointer
from gamemarket.settings import Settings
from gamemarket.stage import Reporter
from transformer.checks.checks import Check, check_findings, check_models
from transformer.checks.data_tests import run_data_tests
from transformer.checks.drift import DriftWatch, keep_seen_fields, read_seen_fields
from transformer.checks.due_dates import write_endpoints
from transformer.checks.failures import explain_drift, explain_exception, explain_failures
from transformer.checks.filled_fields import FillWatch, keep_filled_fields, read_filled_fields
from transformer.checks.last_build import (
    LastBuild,
    find_last_build,
    keep_last_build,
    manifest_stands,
)
from transformer.checks.mart_rows import (
    check_mart_rows,
    is_last_build_published,
    keep_mart_rows,
    read_mart_rows,
)
from transformer.checks.results import BuildRecord, keep_record
from transformer.dbt_runner.data_tests import read_data_tests
from transformer.dbt_runner.dbt_environment import check_target
from transformer.dbt_runner.dbt_files import digest_manifest
from transformer.dbt_runner.dbt_project import known_endpoints, open_project
from transformer.dbt_runner.dbt_results import ModelResult, read_models
from transformer.dbt_runner.run_dbt import DbtFolders, build_dbt_args, run_models
from transformer.describe_quality import describe_quality
from transformer.lake.lake_parts import LakePart, check_parts, read_lake
from transformer.lake.load_plan import (
    LoadPlan,
    WarehouseMemory,
    find_refresh_reason,
    plan_load,
)
from transformer.lake.row_shapes import FieldShape
from transformer.publishing.publish import (
    Publication,
    has_all_files,
    new_build_id,
    publish_marts,
)
from transformer.report import (
    print_marts,
    report_build,
    report_unchanged,
    summarize_failures,
    summarize_published,
)
from transformer.warehouse.lake_tables import (
    ARE_NOT_LOADED,
    WERE_FINISHED_BY,
    as_value,
    find_watermark,
    read_rows,
    read_superseded,
)
from transformer.warehouse.warehouse import Warehouse, open_warehouse

__all__ = ["BuildOptions", "build_warehouse"]

_log = logging.getLogger(__name__)

# Judged by the calendar, so also in a build that has nothing to load.
_FRESHNESS = "lake_is_fresh"
_LOADING_MODELS = ("path:models/staging", "path:models/intermediate")


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What the caller asks for; `select` is dbt's own selection syntax.

    `accept_drift`: what has changed or is lost in vital fields is a warning, too. `publish`: readers of
    the lake see the marts; else they stay in the warehouse alone.
    """

    run_date: date | None = None
    target: str = "dev"
    full_refresh: bool = False
    select: tuple[str, ...] = ()
    accept_drift: bool = False
    publish: bool = True


def build_warehouse(settings: Settings, options: BuildOptions, reporter: Reporter) -> ExitCode:
    """Brings the warehouse up to date with the lake and publishes the marts.

    Raises DataError (65) when a test failed, UpstreamError (69) when the warehouse is held or
    can't be reached, LakeError (74) when a part is not what its manifest says.
    """
    check_target(options.target, settings)
    warehouse = open_warehouse(options.target, settings)
    with warehouse.hold("transformer build"), warehouse.kept_open():
        build = _Build(settings, options, reporter, warehouse)
        plan = build.plan()
        with keep_record(warehouse, settings.clock.now()) as record:
            build.run(plan, record)
    return ExitCode.DONE


class _Build:
    """One build: its lake, warehouse and dbt project."""

    def __init__(
        self, settings: Settings, options: BuildOptions, reporter: Reporter, warehouse: Warehouse
    ) -> None:
        self._settings = settings
        self._options = options
        self._reporter = reporter
        self._warehouse = warehouse
        self._lake = open_lake(settings)
        self._endpoints = known_endpoints(settings)
        self._project = open_project(settings)
        self._folders = DbtFolders.below(settings.home, options.target)
        self._queries = self._folders.target / "complaints"
        self._filled = FillWatch({})
        self._memory = WarehouseMemory()

    def plan(self) -> LoadPlan:
        """Reads what is new in the lake and the warehouse's memory, and decides what is due."""
        if self._options.full_refresh and self._options.run_date:
            raise UsageError("A full refresh reads every run date: leave out --run-date.")
        memory = self._memory = self._warehouse.remember()
        if self._options.select and memory.is_empty:
            raise UsageError(
                "--select builds some of the models over what is there, and this warehouse is "
                "empty: build everything once by `transformer build`, then select."
            )
        # With --full-refresh nothing is taken on trust.
        known = {} if self._options.full_refresh else memory.manifests
        self._warehouse.change_lake(read_lake(self._lake, known), anew=not known)
        fingerprint = self._project.models_fingerprint
        with self._warehouse.session() as db:
            reason = find_refresh_reason(
                read_superseded(db), memory, fingerprint, asked=self._options.full_refresh
            )
            parts = read_rows(db, LakePart, "true" if reason else ARE_NOT_LOADED)
        plan = plan_load(parts, memory, reason, run_date=self._options.run_date)
        if plan.full_refresh:
            _log.info("full refresh, because %s: %d parts", plan.reason, len(plan.due))
        else:
            _log.info("%d parts are due", len(plan.due))
        if plan.waiting:
            _log.info("%d parts of other run dates wait for a build of theirs", plan.waiting)
        return plan

    def run(self, plan: LoadPlan, record: BuildRecord) -> None:
        """Does what is planned; `record` takes every check, however the build ends."""
        if plan.nothing_to_do and self._report_unchanged(plan, record):
            return
        self._inspect(plan, record)
        self._warehouse.prepare(self._lake.uri, self._endpoints, plan, self._project)
        models = self._run_dbt(plan)
        tests = read_data_tests(self._folders.target)
        answers = run_data_tests(
            self._warehouse, tests, models, self._queries, some_only=self._is_partial
        )
        checks = [*check_models(models), *answers]
        record.add(checks)
        tables = [model.built_relation for model in models if model.succeeded and not model.is_view]
        rows = self._warehouse.count_rows(tables)
        report_build(self._reporter, models, answers, rows)
        self._judge(checks)
        built = [model for model in models if model.is_mart and model.succeeded]
        self._warehouse.take_over(built, full_refresh=plan.full_refresh)
        if self._is_partial:
            _log.info("only some of the models were built: nothing is published, parts stay due")
            return
        last_build = LastBuild(
            project_fingerprint=self._project.fingerprint,
            models=tuple(model.name for model in models),
            checks=tuple(answers),
            lake_tests=tuple(test for test in tests if test.name == _FRESHNESS),
            manifest=digest_manifest(self._folders.target),
        )
        keep_last_build(self._folders.target, last_build)
        mart_rows = {model.name: rows[model.built_relation] for model in built}
        record.add(check_mart_rows(self._read_rows_before(), mart_rows))
        self._publish(plan, models, record)
        self._remember(record, mart_rows)

    @property
    def _is_partial(self) -> bool:
        """Whether only some models are asked for."""
        return bool(self._options.select)

    def _report_unchanged(self, plan: LoadPlan, record: BuildRecord) -> bool:
        """Reports the last build as it stands; False when that can't be done without dbt.

        What is about the lake, not about rows, is looked at again: it gets old by itself.
        """
        pointer = read_pointer(self._lake, self._options.target)
        last_build = find_last_build(self._folders.target, self._project)
        if last_build is None or self._is_partial:
            return False
        if pointer is None or self._is_to_replace(pointer):
            return False
        if not has_all_files(self._lake, pointer):
            _log.warning("files of build %s are missing: published anew", pointer.build_id)
            return False
        _log.info("nothing new in the lake: no mart changes, build %s stands", pointer.build_id)
        checks = self._test_lake_again(last_build, record)
        print_marts(report_unchanged(self._reporter, last_build.models, checks, pointer))
        return True

    def _is_to_replace(self, pointer: MartsPointer) -> bool:
        """Whether the last build was kept from readers by --no-publish, and is not older than theirs."""
        with self._warehouse.session() as db:
            if not self._options.publish or is_last_build_published(db):
                return False
            return not pointer.is_newer_than(find_watermark(db))

    def _test_lake_again(self, last_build: LastBuild, record: BuildRecord) -> list[Check]:
        self._write_endpoints()
        answers = run_data_tests(self._warehouse, last_build.lake_tests, (), self._queries)
        record.add(answers)
        again = {answer.test: answer for answer in answers}
        return [again.get(check.test, check) for check in last_build.checks]

    def _write_endpoints(self) -> None:
        with self._warehouse.session() as db:
            write_endpoints(db, self._endpoints, self._settings.clock.newest_complete_day())

    def _inspect(self, plan: LoadPlan, record: BuildRecord) -> None:
        """Looks at the parts themselves before anything of them is loaded."""
        # In the cloud each build has a DuckDB file of its own.
        anew = plan.full_refresh or plan.first_build
        published = self._find_published(plan) if anew else frozenset()
        self._write_endpoints()
        with self._warehouse.session() as db:
            watch = DriftWatch(read_seen_fields(db))
            self._filled = FillWatch({} if anew else read_filled_fields(db))

        def look(part: LakePart, shapes: Mapping[str, FieldShape]) -> None:
            watch.look(part, shapes)
            self._filled.look(part, shapes, is_published=part in published)

        ordered = sorted(plan.due, key=lambda part: (part not in published, part.run_date))
        check_parts(self._lake, ordered, look)
        with self._warehouse.session() as db:
            keep_seen_fields(db, watch.seen)
        findings = [*watch.findings(), *self._filled.findings()]
        if self._options.accept_drift:
            findings = [replace(finding, is_error=False) for finding in findings]
        record.add(check_findings(findings))
        if any(finding.is_error for finding in findings):
            raise explain_drift(findings)

    def _find_published(self, plan: LoadPlan) -> frozenset[LakePart]:
        """The due parts that readers have; all of them while nothing is published."""
        pointer = read_pointer(self._lake, self._options.target)
        if pointer is None or pointer.watermark is None:
            return frozenset(plan.due)
        with self._warehouse.session() as db:
            return frozenset(
                read_rows(db, LakePart, WERE_FINISHED_BY, [as_value(pointer.watermark)])
            )

    def _run_dbt(self, plan: LoadPlan) -> tuple[ModelResult, ...]:
        idle = self._find_idle(plan)
        command = _build_command(self._options.select, idle, full_refresh=plan.full_refresh)
        args = build_dbt_args(command, self._project, self._folders, self._options.target)
        _log.info("dbt starts: that takes some seconds")
        stands = manifest_stands(self._folders.target, self._project)
        exception = run_models(args, self._settings, self._folders, manifest_stands=stands)
        if exception is not None:
            raise explain_exception(exception, self._warehouse, self._folders.log_file)
        return read_models(self._folders.target, some_only=self._is_partial)

    def _find_idle(self, plan: LoadPlan) -> list[str]:
        """What dbt need not build, in its selection syntax: views, where they are this project's already, and
        base models without a part to load, which are emptied here.
        """
        stands = self._memory.has_passed and self._memory.project_fingerprints == {
            self._project.fingerprint
        }
        if plan.full_refresh or self._is_partial or not stands:
            return []
        due = {(part.source_system, part.endpoint) for part in plan.due}
        base_models = self._project.base_models.items()
        idle = sorted(name for name, endpoints in base_models if not endpoints & due)
        with self._warehouse.session() as db:
            for name in idle:
                db.ask(f"delete from staging.{name}")
        return ["config.materialized:view", *idle]

    def _judge(self, checks: Sequence[Check]) -> None:
        error = explain_failures(
            checks,
            self._warehouse,
            self._queries,
            self._folders.log_file,
            some_only=self._is_partial,
        )
        if error:
            summaries = summarize_failures(checks)
            self._reporter.summarize(summaries)
            print_marts(summaries)
            raise error

    def _publish(self, plan: LoadPlan, models: Sequence[ModelResult], record: BuildRecord) -> None:
        """Lets readers see the marts, if that is asked for, and remembers the build as passed."""
        built_at = self._settings.clock.now()
        with self._warehouse.session() as db:
            publication = Publication(
                self._options.target,
                new_build_id(built_at),
                built_at,
                find_watermark(db),
                puts_all=plan.full_refresh,
            )
        if self._options.publish:
            with self._warehouse.session() as db:
                quality = describe_quality(
                    db,
                    self._settings,
                    built_at,
                    record.checks,
                    models,
                )
            marts = [model for model in models if model.is_mart]
            pointer = publish_marts(self._lake, self._warehouse, marts, publication, quality)
            if pointer.build_id == publication.build_id:
                record.build_id = publication.build_id
            print_marts(summarize_published(self._reporter, pointer))
        self._warehouse.record(publication.build_id, built_at)

    def _remember(self, record: BuildRecord, mart_rows: Mapping[str, int]) -> None:
        """What the next build compares its own with."""
        with self._warehouse.session() as db:
            keep_filled_fields(db, self._filled.new_history())
            if record.build_id:
                keep_mart_rows(db, record.build_id, mart_rows)

    def _read_rows_before(self) -> Mapping[str, int]:
        """Rows by mart, of the build that readers have."""
        with self._warehouse.session() as db:
            before = read_mart_rows(db)
        if before:
            return before
        # A new one remembers nothing: in the cloud each build has a DuckDB file of its own.
        published = read_pointer(self._lake, self._options.target)
        return published.row_counts if published else {}


def _build_command(select: Sequence[str], idle: Sequence[str], *, full_refresh: bool) -> list[str]:
    """Models only: what dbt's tests ask is asked afterwards, all of a model at once.

    Whatever is selected, the due parts are loaded first: every mart is made of those.
    """
    command = ["run"]
    if full_refresh:
        command.append("--full-refresh")
    if idle:
        command += ["--exclude", *idle]
    if select:
        command += ["--select", *_LOADING_MODELS, *select]
    return command
