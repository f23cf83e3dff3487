"""config/endpoints.json: the one list of what is read, and everything that follows from it.

The extractor's requests, Dagster's assets and dbt's sources all come from this model. Unknown keys are
errors: a misspelt limit must not silently be no limit.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError
from pydantic import model_validator as validates_model

from gamemarket.errors import UsageError
from gamemarket.sources import Name, Source, Strict

__all__ = [
    "Endpoint",
    "Endpoints",
    "Kind",
    "Slices",
    "Source",
    "build_json_schema",
    "load_endpoints",
]

Kind = Literal["incremental", "snapshot", "top", "detail"]

RUN_DATE_FIELD = "{run_date}"
ID_FIELD = "{id}"


class Slices(Strict):
    """How to read a list that is longer than the API's window: by ranges of a date parameter."""

    window: int = Field(ge=1, description="Rows that the API gives behind one filter at most.")
    parameter: Name = Field(description="The query parameter that takes FROM,TO as days.")
    field: Name = Field(description="The rows' field that the parameter filters by.")
    undated_first: str = Field(
        min_length=1, description="The `ordering` that gives rows without this field first."
    )


class Endpoint(Strict):
    """One collection of a source and how it is read."""

    name: Name = Field(description="Names the lake's folder, the asset and the dbt source.")
    source: Name
    description: str = Field(min_length=1, description="What a row is.")
    kind: Kind = Field(
        description=(
            "incremental: the rows updated on the run date; snapshot: everything, when due; "
            "top: the first pages of an ordering, on the newest day only; "
            "detail: one request for each id that its parents' rows name."
        )
    )
    path: str = Field(
        pattern=r"^/[^\s?#]*[^\s?#/]$",
        description=(
            "Below the source's base URL, without ?: what follows belongs to params. {id} stands for what "
            "a detail is asked for."
        ),
    )
    params: dict[str, str] = Field(
        default_factory=dict,
        description="Fixed query parameters; {run_date} stands for the partition's day.",
    )
    page_size: int = Field(default=1, ge=1, description="Rows a page; a detail is one.")
    page_limit: int | None = Field(
        default=None, ge=1, description="Complete when these pages are read; absent: all."
    )
    refresh_days: int | None = Field(
        default=None,
        ge=1,
        description="A list is due when its latest is as old as this, a detail asked again.",
    )
    expected_pages: int | None = Field(
        default=None, ge=1, description="For `extractor plan`, until the lake knows better."
    )
    run_date_field: Name | None = Field(
        default=None, description="The rows' field that shows that {run_date} filtered them."
    )
    slices: Slices | None = Field(default=None, description="Absent: the list has no window.")
    min_coverage: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="The share of `count` that must be read, for lists without a fixed order.",
    )
    parents: tuple[Name, ...] = Field(
        default=(), description="The endpoints whose rows of the run date name a detail's ids."
    )
    # Two: the answer for a merged game is a redirect, which costs a request of its own.
    daily_requests: int | None = Field(
        default=None, ge=2, description="Requests for the details of a run date, retries apart."
    )

    @validates_model(mode="after")
    def _kind_has_what_it_needs(self) -> Self:
        problem = _NEEDS[self.kind](self) or self._find_misplaced()
        if problem:
            raise ValueError(problem)
        return self

    def _find_misplaced(self) -> str:
        if self.is_due_by_interval and self.run_date_field:
            return "run_date_field is for endpoints that are read by the run date"
        if self.kind == "detail":
            return ""
        if "page_size" not in self.model_fields_set:
            return "a list needs page_size"
        if self.parents or self.daily_requests or ID_FIELD in self.path:
            return "parents, daily_requests and {id} in the path are for details"
        return ""

    @property
    def is_dated(self) -> bool:
        """Whether its requests differ by run date."""
        return any(RUN_DATE_FIELD in value for value in self.params.values())

    @property
    def is_due_by_interval(self) -> bool:
        """Whether it is read every `refresh_days`; else every run date has rows of its own."""
        return self.kind in ("snapshot", "top")

    @property
    def coverage_asked(self) -> float | None:
        """The share of `count` that must be there; None: the list's order proves that it is whole.

        Of the first pages nothing is proven: they are what they held when they were read.
        """
        return 0.0 if self.kind == "top" else self.min_coverage

    def request_params(self, run_date: date) -> dict[str, str]:
        """The fixed query parameters of a run date's requests; page and key come on top."""
        return {
            name: value.replace(RUN_DATE_FIELD, run_date.isoformat())
            for name, value in self.params.items()
        }


def _find_incremental_problem(endpoint: Endpoint) -> str:
    return "" if endpoint.is_dated else "an incremental endpoint needs {run_date} in its params"


def _find_snapshot_problem(endpoint: Endpoint) -> str:
    if endpoint.is_dated or endpoint.refresh_days is None:
        return "a snapshot endpoint needs refresh_days and no {run_date} in params"
    return ""


def _find_top_problem(endpoint: Endpoint) -> str:
    if endpoint.is_dated or None in (endpoint.refresh_days, endpoint.page_limit):
        return "a top endpoint needs refresh_days, page_limit and no {run_date} in params"
    if endpoint.min_coverage or endpoint.slices:
        return "min_coverage and slices are for lists that are to be read whole"
    return ""


def _find_detail_problem(endpoint: Endpoint) -> str:
    if not endpoint.parents or None in (endpoint.daily_requests, endpoint.refresh_days):
        return "a detail endpoint needs parents, daily_requests and refresh_days"
    if ID_FIELD not in endpoint.path or endpoint.is_dated:
        return "a detail endpoint needs {id} in its path and no {run_date} in params"
    of_lists = ("page_limit", "run_date_field", "slices", "min_coverage", "expected_pages")
    if endpoint.page_size > 1 or any(getattr(endpoint, name) for name in of_lists):
        return f"page_size, {', '.join(of_lists)} are for lists, and a detail is none"
    return ""


_NEEDS: dict[Kind, Callable[[Endpoint], str]] = {
    "incremental": _find_incremental_problem,
    "snapshot": _find_snapshot_problem,
    "top": _find_top_problem,
    "detail": _find_detail_problem,
}


class Endpoints(Strict):
    """The whole file."""

    json_schema: str | None = Field(default=None, alias="$schema")
    sources: dict[Name, Source] = Field(min_length=1)
    endpoints: tuple[Endpoint, ...] = Field(min_length=1)

    @validates_model(mode="after")
    def _names_fit_together(self) -> Self:
        seen: set[str] = set()
        for number, endpoint in enumerate(self.endpoints):
            where = f"endpoints.{number} ({endpoint.name})"
            if endpoint.name in seen:
                raise ValueError(f"{where}: another endpoint has this name")
            seen.add(endpoint.name)
            source = self.sources.get(endpoint.source)
            if source is None:
                raise ValueError(f"{where}: source '{endpoint.source}' is not among the sources")
            if endpoint.page_size > source.max_page_size:
                raise ValueError(f"{where}: page_size is above max_page_size of its source")
        return self

    @validates_model(mode="after")
    def _parents_are_lists(self) -> Self:
        named = {endpoint.name: endpoint for endpoint in self.endpoints}
        for number, endpoint in enumerate(self.endpoints):
            for position, parent in enumerate(endpoint.parents):
                problem = _find_parent_problem(endpoint, named.get(parent))
                if problem:
                    where = f"endpoints.{number}.parents.{position} ({endpoint.name})"
                    raise ValueError(f"{where}: '{parent}' {problem}")
        return self

    def parents_of(self, endpoint: Endpoint) -> tuple[Endpoint, ...]:
        """The endpoints whose rows name a detail's ids; () for a list."""
        return tuple(map(self.endpoint, endpoint.parents))

    def endpoint(self, name: str) -> Endpoint:
        """The endpoint of this name; UsageError names those there are."""
        for endpoint in self.endpoints:
            if endpoint.name == name:
                return endpoint
        known = ", ".join(endpoint.name for endpoint in self.endpoints)
        raise UsageError(f"There is no endpoint '{name}'. endpoints.json has: {known}.")

    def source_of(self, endpoint: Endpoint) -> Source:
        """The source that an endpoint belongs to."""
        return self.sources[endpoint.source]


def _find_parent_problem(endpoint: Endpoint, parent: Endpoint | None) -> str:
    """Parents are lists, so that no chain or cycle of them is possible."""
    if parent is None:
        return "is no endpoint of this file"
    if parent.name == endpoint.name:
        return "is this endpoint: a cycle"
    if parent.kind == "detail":
        return "is a detail, too: its own parents must be lists (a chain could be a cycle)"
    if parent.source != endpoint.source:
        return f"is read from another source, {parent.source}"
    return ""


def load_endpoints(file: Path | None = None) -> Endpoints:
    """Reads ENDPOINTS_FILE, or the packed config/endpoints.json when `file` is None.

    Raises UsageError with the path of every key that is wrong.
    """
    name = str(file or "config/endpoints.json")
    try:
        text = file.read_text() if file else (files("config") / "endpoints.json").read_text()
        return Endpoints.model_validate(json.loads(text))
    except OSError as error:
        raise UsageError(
            f"Could not read {name}: {error.strerror}. Check ENDPOINTS_FILE."
        ) from None
    except json.JSONDecodeError as error:
        raise UsageError(f"{name} is not JSON: {error}.") from None
    except ValidationError as error:
        problems = "; ".join(_explain(dict(problem)) for problem in error.errors())
        raise UsageError(f"{name} can't be used: {problems}.") from None


def _explain(problem: dict[str, Any]) -> str:
    path = ".".join(str(step) for step in problem["loc"])
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{path}: {message}" if path else message


def build_json_schema() -> str:
    """config/endpoints.schema.json: generated from the model, for editors; a test compares it."""
    schema = Endpoints.model_json_schema(by_alias=True)
    return json.dumps(schema, indent=2) + "\n"
