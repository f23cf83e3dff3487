"""config/endpoints.json: the one list of what is read, and everything that follows from it.

The extractor's requests, Dagster's assets and dbt's sources all come from this model. Unknown keys are
errors: a misspelt limit must not silently be no limit.
"""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import model_validator as validates_model

from gamemarket.errors import UsageError
from gamemarket.lake_keys import NAME_PATTERN

__all__ = [
    "Endpoint",
    "Endpoints",
    "Kind",
    "Slices",
    "Source",
    "build_json_schema",
    "load_endpoints",
]

Name = Annotated[str, StringConstraints(pattern=f"^{NAME_PATTERN}$", max_length=40)]
Kind = Literal["incremental", "snapshot"]

RUN_DATE_FIELD = "{run_date}"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Strict):
    """One API: where it is and how it wants to be asked."""

    base_url: str = Field(pattern=r"^https?://", description="Without a slash at the end.")
    key_parameter: Name = Field(description="The query parameter that carries the API key.")
    max_page_size: int = Field(ge=1, description="The API clamps larger pages silently.")
    concurrency: int = Field(default=8, ge=1, le=64, description="Requests in flight.")
    requests_per_second: float | None = Field(default=None, gt=0, description="Absent: no limit.")
    monthly_requests: int | None = Field(
        default=None, ge=1, description="The quota of a period; absent: none is kept."
    )
    quota_reset_day: int = Field(
        default=1, ge=1, le=28, description="The day of the month on which the quota begins anew."
    )


class Slices(_Strict):
    """How to read a list that is longer than the API's window: by ranges of a date parameter."""

    window: int = Field(ge=1, description="Rows that the API gives behind one filter at most.")
    parameter: Name = Field(description="The query parameter that takes FROM,TO as days.")
    field: Name = Field(description="The rows' field that the parameter filters by.")
    undated_first: str = Field(
        min_length=1, description="The `ordering` that gives rows without this field first."
    )


class Endpoint(_Strict):
    """One collection of a source and how it is read."""

    name: Name = Field(description="Names the lake's folder, the asset and the dbt source.")
    source: Name
    description: str = Field(min_length=1, description="What a row is.")
    kind: Kind = Field(
        description="incremental: the rows updated on the run date; snapshot: everything, when due."
    )
    path: str = Field(pattern=r"^/\S*[^/]$", description="Below the source's base URL.")
    params: dict[str, str] = Field(
        default_factory=dict,
        description="Fixed query parameters; {run_date} stands for the partition's day.",
    )
    page_size: int = Field(ge=1)
    page_limit: int | None = Field(
        default=None, ge=1, description="Complete when these pages are read; absent: all."
    )
    refresh_days: int | None = Field(
        default=None, ge=1, description="A snapshot is due when its latest is as old as this."
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

    @validates_model(mode="after")
    def _kind_has_what_it_needs(self) -> Self:
        dated = any(RUN_DATE_FIELD in value for value in self.params.values())
        if self.kind == "incremental" and not dated:
            raise ValueError("an incremental endpoint needs {run_date} in its params")
        if self.kind == "snapshot" and (dated or self.refresh_days is None):
            raise ValueError("a snapshot endpoint needs refresh_days and no {run_date} in params")
        if self.kind == "snapshot" and self.run_date_field:
            raise ValueError("run_date_field is for endpoints that are read by the run date")
        return self

    def request_params(self, run_date: date) -> dict[str, str]:
        """The fixed query parameters of a run date's requests; page and key come on top."""
        return {
            name: value.replace(RUN_DATE_FIELD, run_date.isoformat())
            for name, value in self.params.items()
        }


class Endpoints(_Strict):
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
