"""Ruff behind `./pants lint`, `fix` and `fmt`.

The backend of this Pants calls ruff as it was before it had subcommands: its `fix` fails without a
word, and it has no `fmt`. What it installs and where it looks for settings is right, and used here.
"""

from __future__ import annotations

from typing import Any

from pants.backend.python.lint.ruff import subsystem  # pants: no-infer-dep
from pants.backend.python.lint.ruff.subsystem import Ruff, RuffFieldSet  # pants: no-infer-dep
from pants.backend.python.util_rules import pex  # pants: no-infer-dep
from pants.backend.python.util_rules.pex import (
    PexRequest,
    VenvPex,
    VenvPexProcess,
)  # pants: no-infer-dep
from pants.core.goals.fix import FixResult, FixTargetsRequest  # pants: no-infer-dep
from pants.core.goals.fmt import FmtResult, FmtTargetsRequest  # pants: no-infer-dep
from pants.core.goals.lint import LintResult, LintTargetsRequest  # pants: no-infer-dep
from pants.core.util_rules.config_files import (
    ConfigFiles,
    ConfigFilesRequest,
)  # pants: no-infer-dep
from pants.core.util_rules.partitions import PartitionerType  # pants: no-infer-dep
from pants.core.util_rules.source_files import (
    SourceFiles,
    SourceFilesRequest,
)  # pants: no-infer-dep
from pants.engine.fs import Digest, MergeDigests, Snapshot  # pants: no-infer-dep
from pants.engine.process import FallibleProcessResult, ProcessResult  # pants: no-infer-dep
from pants.engine.rules import Get, MultiGet, collect_rules, rule  # pants: no-infer-dep


class RuffCheck(LintTargetsRequest):
    field_set_type, tool_subsystem = RuffFieldSet, Ruff
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION
    tool_name = "ruff check"


class RuffFix(FixTargetsRequest):
    field_set_type, tool_subsystem = RuffFieldSet, Ruff
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION
    tool_name = "ruff check --fix-only"


class RuffFormat(FmtTargetsRequest):
    field_set_type, tool_subsystem = RuffFieldSet, Ruff
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION
    tool_name = "ruff format"


async def _on(files: Snapshot, command: str, ruff: Ruff) -> VenvPexProcess:
    """`ruff <command>` on these files, with the project's settings."""
    installed, settings = await MultiGet(
        Get(VenvPex, PexRequest, ruff.to_pex_request()),
        Get(ConfigFiles, ConfigFilesRequest, ruff.config_request(files.dirs)),
    )
    return VenvPexProcess(
        installed,
        argv=(*command.split(), "--no-cache", "--force-exclude", *files.files),
        input_digest=await Get(Digest, MergeDigests((files.digest, settings.snapshot.digest))),
        output_files=files.files,
        description=f"Run ruff {command} on {len(files.files)} files",
    )


@rule
async def check(request: RuffCheck.Batch[RuffFieldSet, Any], ruff: Ruff) -> LintResult:
    sources = await Get(SourceFiles, SourceFilesRequest(one.source for one in request.elements))
    process = await _on(sources.snapshot, "check", ruff)
    result = await Get(FallibleProcessResult, VenvPexProcess, process)
    return LintResult.create(request, result, strip_chroot_path=True)


@rule
async def fix(request: RuffFix.Batch, ruff: Ruff) -> FixResult:
    process = await _on(request.snapshot, "check --fix-only", ruff)
    return await FixResult.create(request, await Get(ProcessResult, VenvPexProcess, process))


@rule
async def format_files(request: RuffFormat.Batch, ruff: Ruff) -> FmtResult:
    process = await _on(request.snapshot, "format", ruff)
    return await FmtResult.create(request, await Get(ProcessResult, VenvPexProcess, process))


def rules() -> list[object]:
    requests = (RuffCheck, RuffFix, RuffFormat)
    of_requests = [rule for request in requests for rule in request.rules()]
    return [*collect_rules(), *subsystem.rules(), *pex.rules(), *of_requests]
