"""The answer for one id: the item, a redirect to what it was merged into, or that it is gone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from pydantic import ValidationError

from extractor.pages.page import MisshapenPageError, Page, PageFacts, check_not_found, refuse
from extractor.pages.rows import ITEM, Item, ids_of

# How an API says that it has an item no more.
GONE = frozenset({404, 410})

# What stands in a checkpoint for an item that the API could not show, whatever it answered.
UNAVAILABLE = 503


@dataclass(frozen=True)
class DetailPage(Page):
    """`status` is 200, one of GONE, or UNAVAILABLE: stored all the same, so that nobody asks on."""

    requested_id: int

    @cached_property
    def facts(self) -> PageFacts:
        """What is to be kept in mind of the answer; only the item itself is a row."""
        item = self._item if self.status == 200 else Item()
        ids = ids_of([item])
        slug = item.get("slug")
        return PageFacts(
            slot=self.slot,
            count=None,
            has_next=False,
            rows=len(ids),
            ids=ids,
            observed_at=self.observed_at,
            sha256=hashlib.sha256(self.line).digest(),
            slug=slug if ids and isinstance(slug, str) else None,
            redirect=slug if not ids and isinstance(slug, str) else None,
            is_unavailable=self.status == UNAVAILABLE,
        )

    def check(self) -> None:
        """Raises UnusablePageError unless the body is an item, a redirect to one, or says that it is gone."""
        if self.status in GONE:
            check_not_found(self.body)
        if self.status != 200:
            return
        try:
            item = self._item
        except ValidationError as error:
            raise refuse("the body is no detail", error) from None
        if not self.facts.ids and not (item.get("redirect") is True and self.facts.redirect):
            raise MisshapenPageError("the body is no detail (it has no id and is no redirect)")

    @cached_property
    def _item(self) -> Item:
        return ITEM.validate_json(self.body)
