"""Sources: the APIs of endpoints.json, each with how it is asked and how its answers are read.

What differs from API to API is data here, and two small classes for how a list is cut into pages. A
third way of paging is a third class.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic import model_validator as validates_model

from gamemarket.lake_keys import NAME_PATTERN

__all__ = ["Name", "Offsets", "PageNumbers", "Paging", "QuotaRefusal", "Source", "Strict"]

Name = Annotated[str, StringConstraints(pattern=f"^{NAME_PATTERN}$", max_length=40)]
FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*$", max_length=40)]
ParameterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.\[\]-]*$", max_length=40)]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", max_length=40)]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=60)]


class Strict(BaseModel):
    """A frozen value in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _Paging(Strict):
    """Where a page says what it holds, and what the API answers behind the last one."""

    items: FieldName = Field(description="The field of a page that holds its rows.")
    count: FieldName = Field(description="The field that says how long the whole list is.")
    next: FieldName | None = Field(
        description="The field that is null on the last page; null: `count` tells which is the last."
    )
    behind_the_end: Literal["not_found", "empty_page"] = Field(
        description="What the API answers behind the last page: 404, or a page without rows."
    )


class PageNumbers(_Paging):
    """Pages are numbered from 1. The defaults are those of Django REST framework, as RAWG's are."""

    style: Literal["page_numbers"] = "page_numbers"
    items: FieldName = "results"
    count: FieldName = "count"
    next: FieldName | None = "next"
    behind_the_end: Literal["not_found", "empty_page"] = "not_found"
    page_parameter: ParameterName = "page"
    size_parameter: ParameterName = "page_size"

    def params(self, number: int, page_size: int) -> dict[str, str]:
        """What page `number`, from 1, is asked for with."""
        return {self.page_parameter: str(number), self.size_parameter: str(page_size)}


class Offsets(_Paging):
    """A page is so many rows from a row on, which are counted from 0."""

    style: Literal["offsets"] = "offsets"
    offset_parameter: ParameterName
    limit_parameter: ParameterName

    def params(self, number: int, page_size: int) -> dict[str, str]:
        """What page `number`, from 1, is asked for with."""
        first = (number - 1) * page_size
        return {self.offset_parameter: str(first), self.limit_parameter: str(page_size)}


Paging = Annotated[PageNumbers | Offsets, Field(discriminator="style")]


class QuotaRefusal(Strict):
    """How an API says that its quota is spent; every other 401 is about the key."""

    status: int = Field(ge=400, le=499)
    text: str | None = Field(
        default=None, min_length=1, description="What the body holds, if the status is not enough."
    )

    def is_said(self, status: int, body: bytes) -> bool:
        """Whether an answer says so."""
        return status == self.status and (self.text or "").encode() in body


class Source(Strict):
    """One API: where it is and how it wants to be asked."""

    base_url: str = Field(
        pattern=r"^https?://[^\s?#@]*[^\s?#@/]$",
        description="Without a slash at the end, user:password@, ? and #.",
    )
    base_url_variable: Variable = Field(
        description="The environment variable that gives another one: a sandbox, a proxy."
    )
    key_variable: Variable = Field(description="The environment variable that holds the API key.")
    key_parameter: ParameterName | None = Field(
        default=None, description="The query parameter that carries the API key."
    )
    key_header: HeaderName | None = Field(
        default=None, description="The header that carries the API key, in place of a parameter."
    )
    key_page: str | None = Field(default=None, description="Where people get a key, for messages.")
    paging: Paging = Field(description="How its lists are cut into pages.")
    quota_refusal: QuotaRefusal | None = Field(
        default=None, description="Its answer when the quota is spent; absent: it has none."
    )
    max_page_size: int = Field(ge=1, description="The API clamps larger pages silently.")
    concurrency: int = Field(default=8, ge=1, le=64, description="Requests in flight.")
    requests_per_second: float | None = Field(default=None, gt=0, description="Absent: no limit.")
    monthly_requests: int | None = Field(
        default=None, ge=1, description="The quota of a period; absent: none is kept."
    )
    quota_reset_day: int = Field(
        default=1, ge=1, le=28, description="The day of the month on which the quota begins anew."
    )

    @validates_model(mode="after")
    def _key_has_one_place(self) -> Self:
        if (self.key_parameter is None) == (self.key_header is None):
            raise ValueError("give key_parameter or key_header, one of them")
        return self
