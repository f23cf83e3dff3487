"""The names of everything in the lake: one place that builds keys and parses them.

A key is a frozen value with a template, and `type(key).parse(str(key)) == key`. Nobody else puts lake
paths together or takes them apart.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gamemarket.stored_object import StoredObject

__all__ = [
    "CheckpointKey",
    "FormerLedgerBlockKey",
    "FormerLedgerSettledKey",
    "FormerReportKey",
    "LakeKey",
    "LedgerBlockKey",
    "LedgerSettledKey",
    "ManifestKey",
    "MartKey",
    "MartMonthKey",
    "MartsPointerKey",
    "PartKey",
    "Partition",
    "PutIfAbsentKey",
    "QualityKey",
    "QueryKey",
    "ReportKey",
    "SecondKey",
    "SourceKey",
    "VoidKey",
    "inflight_prefix",
    "manifests_prefix",
    "parse_listed",
]

_log = logging.getLogger(__name__)
_strangers: set[str] = set()

NAME_PATTERN = r"[a-z][a-z0-9_]*"
_FIELD = re.compile(r"\{(\w+)(?::0(\d)d)?\}")


class Partition(BaseModel):
    """One endpoint on one run date (UTC day): the unit that is committed."""

    model_config = ConfigDict(frozen=True)

    source: str = Field(pattern=f"^{NAME_PATTERN}$")
    endpoint: str = Field(pattern=f"^{NAME_PATTERN}$")
    run_date: date

    def __str__(self) -> str:
        """The partition's path below raw/, manifests/ and inflight/."""
        return f"{self.source}/{self.endpoint}/run_date={self.run_date}"


class LakeKey(BaseModel):
    """The key of one object. Subclasses give the template; `{field:03d}` pads with zeros."""

    model_config = ConfigDict(frozen=True)
    template: ClassVar[str]

    def __str__(self) -> str:
        """The key as the store knows it."""
        return self.template.format_map(dict(self))

    @classmethod
    def parse(cls, key: str) -> Self | None:
        """The key's value, or None when the text is not a key of this class."""
        match = _template_regex(cls.template).fullmatch(key)
        if match is None:
            return None
        try:
            parsed = cls.model_validate(_nest_partition(match.groupdict()))
        except ValidationError:
            return None
        return parsed if str(parsed) == key else None


@cache
def _template_regex(template: str) -> re.Pattern[str]:
    """`{n:03d}` becomes digits, `{partition}` its three parts, any other field a name."""
    partition = (
        rf"(?P<source>{NAME_PATTERN})/(?P<endpoint>{NAME_PATTERN})/run_date=(?P<run_date>[0-9-]+)"
    )
    regex, position = "", 0
    for field in _FIELD.finditer(template):
        name, width = field.groups()
        regex += re.escape(template[position : field.start()])
        if name == "partition":
            regex += partition
        else:
            regex += rf"(?P<{name}>[0-9]{{{width},}})" if width else rf"(?P<{name}>[A-Za-z0-9_-]+)"
        position = field.end()
    return re.compile(regex + re.escape(template[position:]))


def _nest_partition(fields: dict[str, str]) -> dict[str, object]:
    names = ("source", "endpoint", "run_date")
    if not all(name in fields for name in names):
        return dict(fields)
    partition = {name: fields[name] for name in names}
    return {"partition": partition} | {k: v for k, v in fields.items() if k not in names}


class QueryKey(LakeKey):
    """What a reading asks, its query; put before its first request."""

    template = "inflight/{partition}/gen_{generation:03d}/reading_{reading:02d}/request.json"
    partition: Partition
    generation: int = Field(ge=1)
    reading: int = Field(ge=1)

    @property
    def prefix(self) -> str:
        """Where the reading's pages lie."""
        return str(self).removesuffix("request.json")


class VoidKey(LakeKey):
    """Says that a reading asked what the API does not answer: nobody goes on with it."""

    template = "inflight/{partition}/gen_{generation:03d}/reading_{reading:02d}/void.json"
    partition: Partition
    generation: int = Field(ge=1)
    reading: int = Field(ge=1)


class CheckpointKey(LakeKey):
    """One page of a reading, as it came."""

    template = "inflight/{partition}/gen_{generation:03d}/reading_{reading:02d}/page_{page:05d}.zst"
    partition: Partition
    generation: int = Field(ge=1)
    reading: int = Field(ge=1)
    page: int = Field(ge=1)


class SecondKey(CheckpointKey):
    """The second request of a page: an end of a list looked at again, or where a redirect leads."""

    template = (
        "inflight/{partition}/gen_{generation:03d}/reading_{reading:02d}/page_{page:05d}.again.zst"
    )


class PartKey(LakeKey):
    """A committed file of pages; the run id keeps two runs from writing the same one."""

    template = "raw/{partition}/gen_{generation:03d}_{run_id}_part_{part:05d}.jsonl.zst"
    partition: Partition
    generation: int = Field(ge=1)
    run_id: str = Field(pattern=r"^[a-z0-9]+$")
    part: int = Field(ge=1)


class ManifestKey(LakeKey):
    """The commit of one generation."""

    template = "manifests/{partition}/gen_{generation:03d}.json"
    partition: Partition
    generation: int = Field(ge=1)


class LedgerBlockKey(LakeKey):
    """So many requests that a run reserved in a quota period, before it spent them."""

    template = "ledger/{source}/{period}/{run_id}/block_{block:04d}_requests_{requests:05d}"
    source: str
    period: str
    run_id: str
    block: int = Field(ge=1)
    requests: int = Field(ge=1)


class LedgerSettledKey(LakeKey):
    """So many requests that a run spent in a quota period, put at its end."""

    template = "ledger/{source}/{period}/{run_id}/settled_requests_{requests:05d}"
    source: str
    period: str
    run_id: str
    requests: int = Field(ge=0)


class FormerLedgerBlockKey(LakeKey):
    """A block of a lake from before the numbers stood in the keys: its body says how many."""

    template = "ledger/{source}/{period}/{run_id}/block_{block:04d}.json"
    source: str
    period: str
    run_id: str
    block: int = Field(ge=1)

    def with_requests(self, requests: int) -> LedgerBlockKey:
        """The block as it is named today."""
        return LedgerBlockKey(**dict(self), requests=requests)


class FormerLedgerSettledKey(LakeKey):
    """The same of what a run has spent."""

    template = "ledger/{source}/{period}/{run_id}/settled.json"
    source: str
    period: str
    run_id: str

    def with_requests(self, requests: int) -> LedgerSettledKey:
        """The settlement as it is named today."""
        return LedgerSettledKey(**dict(self), requests=requests)


class SourceKey(LakeKey):
    """Which API this lake holds."""

    template = "sources/{source}.json"
    source: str


class MartKey(LakeKey):
    """One published mart of one build."""

    template = "marts/{build_id}/{model}.parquet"
    build_id: str
    model: str


class MartMonthKey(LakeKey):
    """One month of a published mart that grows by the day; later builds name it as long as it holds."""

    template = "marts/{build_id}/{model}/{month}.parquet"
    build_id: str
    model: str
    month: str = Field(pattern=r"^[0-9]{4}-[0-9]{2}$")


class QualityKey(LakeKey):
    """What a build knows of the quality of its data."""

    template = "marts/{build_id}/quality.json"
    build_id: str


class ReportKey(LakeKey):
    """A report of a build's marts, beside them; another reporter's is another edition."""

    template = "marts/{build_id}/report_{edition:03d}.html"
    build_id: str
    edition: int = Field(ge=1)


class FormerReportKey(LakeKey):
    """A build's report as it was named before reports had editions; not written any more."""

    template = "marts/{build_id}/report.html"
    build_id: str


class MartsPointerKey(LakeKey):
    """The pointer to the build that was published of a target; the one object that is ever replaced."""

    template = "marts/current_{target}.json"
    target: str


class PutIfAbsentKey(LakeKey):
    """What a store is tried with before a process puts anything; shown by no listing."""

    template = ".put_if_absent/tried"


def parse_listed[K: LakeKey](listed: Iterable[StoredObject], *kinds: type[K]) -> Iterator[K]:
    """The keys of these kinds in a listing; what else lies there is named in the log, once."""
    for stored in listed:
        parsed = next(filter(None, (kind.parse(stored.key) for kind in kinds)), None)
        if parsed is not None:
            yield parsed
        elif stored.key not in _strangers:
            _strangers.add(stored.key)
            _log.warning("%s is passed over: it is no object of ours, move it away", stored.key)


def inflight_prefix(partition: Partition, generation: int | None = None) -> str:
    """Where the checkpoints of a partition, or of one of its generations, lie."""
    return f"inflight/{partition}/" + (f"gen_{generation:03d}/" if generation else "")


def manifests_prefix(source: str = "", endpoint: str = "", run_date: date | None = None) -> str:
    """Where the manifests of a source, an endpoint or one partition lie."""
    day = f"run_date={run_date}" if run_date else ""
    return "/".join(["manifests", *filter(None, (source, endpoint, day))]) + "/"
