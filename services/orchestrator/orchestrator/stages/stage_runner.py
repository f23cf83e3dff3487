"""Starts a stage through Dagster Pipes and brings back what it reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import dagster as dg

from gamemarket.errors import ExitCode
from gamemarket.settings import Settings
from orchestrator.stages.message_readers import FileMessageReader
from orchestrator.stages.stage_commands import StageName, find_stage_command
from orchestrator.stages.stage_containers import StageContainers
from orchestrator.stages.stage_report import StageReport, parse_stage_report

__all__ = ["EndedStage", "StageContext", "StageRunner", "StageWatcher"]


_STOPPED = StageReport(
    exit_code=ExitCode.INTERRUPTED,
    message="stopped by a signal; what was read is kept, run the same command again",
)


# An asset's step, or a step of a job without assets.
StageContext = dg.AssetExecutionContext | dg.OpExecutionContext


class StageWatcher(Protocol):
    """Somebody who watches a run; `title` names what the stage works on."""

    def started(self, title: str, log_file: Path | None) -> None:
        """A stage begins; `log_file` gets its output."""

    def ended(self, title: str, report: StageReport) -> None:
        """A stage has ended."""


@dataclass(frozen=True)
class EndedStage:
    """A stage's report, and the materializations and checks that it sent."""

    report: StageReport
    results: tuple[dg.MaterializeResult[Any] | dg.AssetCheckResult, ...]


@dataclass(frozen=True)
class StageRunner:
    """Runs stages as processes; with `log_dir` their output goes to files, else it is ours.

    With `containers` each runs in one of its own, and its output is ours.
    """

    settings: Settings
    watcher: StageWatcher | None = None
    log_dir: Path | None = None
    containers: StageContainers | None = None

    def run(
        self,
        context: StageContext,
        stage: StageName,
        args: Sequence[str],
        *,
        title: str,
        environment: Mapping[str, str],
    ) -> EndedStage:
        """Runs `stage` with `args` to its end, whatever its exit code."""
        context.log.info(f"{stage}: {' '.join(args)}")
        log_file = self._log_file(context.run.run_id, title)
        if self.watcher:
            self.watcher.started(title, log_file)
        try:
            ended = self._run_through_pipes(context, stage, args, title, log_file, environment)
        except dg.DagsterExecutionInterruptedError:
            self._tell_end(title, _STOPPED)
            raise
        self._tell_end(title, ended.report)
        return ended

    def _run_through_pipes(
        self,
        context: StageContext,
        stage: StageName,
        args: Sequence[str],
        title: str,
        log_file: Path | None,
        environment: Mapping[str, str],
    ) -> EndedStage:
        received = _Received()
        failure = None
        # The asset's context warns of its own methods that Pipes uses.
        op_context = context.op_execution_context
        try:
            if self.containers:
                self.containers.run(op_context, stage, args, title, environment, received.receive)
            else:
                command = [*find_stage_command(stage, self.settings), *args]
                client = dg.PipesSubprocessClient(
                    message_reader=FileMessageReader(received.receive)
                )
                client.run(
                    command=_send_output_to(log_file, command), context=op_context, env=environment
                )
        except Exception as error:  # what the clients raise for an exit code is not public
            if received.handler is None:
                raise
            failure = str(error)
        assert received.handler
        messages = received.handler.get_custom_messages()
        results = tuple(received.handler.get_reported_results())
        return EndedStage(parse_stage_report(stage, messages, failure), results)

    def _tell_end(self, title: str, report: StageReport) -> None:
        if self.watcher:
            self.watcher.ended(title, report)

    def _log_file(self, run_id: str, title: str) -> Path | None:
        return self.log_dir / run_id / f"{title}.log" if self.log_dir else None


@dataclass
class _Received:
    handler: dg.PipesMessageHandler | None = field(default=None)

    def receive(self, handler: dg.PipesMessageHandler) -> None:
        self.handler = handler


def _send_output_to(log_file: Path | None, command: Sequence[str]) -> list[str]:
    """The command as it is, or with its output appended to a file (the client can't do that)."""
    if log_file is None:
        return list(command)
    log_file.parent.mkdir(parents=True, exist_ok=True)
    return ["/bin/sh", "-c", 'exec "$@" >>"$0" 2>&1', str(log_file), *command]
