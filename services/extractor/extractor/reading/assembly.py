"""Parts that are filled while pages still arrive, so that little is left to do after the proof.

Only what this run has put itself goes in: a put that returned True means that these bytes are what is
stored. A part holds its pages in their order, so a page waits for those before it; where one of them is
another run's or does not come, the commit takes over from there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from extractor.pages.page import Page, PageFacts, Slot
from extractor.pages.parts import PartWriter
from extractor.workers.bound_memory import give_back_memory

# Of pages that wait, some 15 of RAWG's. Others are loaded when it is their turn, from beside the lake.
_BYTES_HELD = 2_000_000


class Assembly:
    """The pages of one reading from the first on, but for second requests; for many threads."""

    def __init__(self, writer: PartWriter) -> None:
        """`writer` is the generation's: what the commit adds comes behind these pages."""
        self._writer = writer
        self._lock = threading.Lock()
        self._waiting: dict[int, PageFacts] = {}
        self._held: dict[int, Page] = {}
        self._bytes_held = 0
        self._is_adding = False
        self.pages = 0  # so many are done: 1, 2, 3 ... without a gap

    def add(self, page: Page, load: Callable[[Slot], Page]) -> None:
        """Takes a page that this run has put, and adds all whose turn it is, unless somebody does.

        Raises LakeError when a part that is full can't be put.
        """
        with self._lock:
            number, size = page.slot.number, len(page.body)
            self._waiting[number] = page.facts
            if self._bytes_held + size <= _BYTES_HELD:
                self._held[number] = page
                self._bytes_held += size
            if self._is_adding:
                return
            self._is_adding = True
        while following := self._take_next():
            facts, held = following
            if not facts.is_behind_the_end:
                parts = len(self._writer.parts)
                self._writer.add((held or load(facts.slot)).line, facts)
                if len(self._writer.parts) > parts:
                    give_back_memory()  # what a part took: 20 MB by the sixth
            self.pages += 1

    def _take_next(self) -> tuple[PageFacts, Page | None] | None:
        with self._lock:
            facts = self._waiting.pop(self.pages + 1, None)
            if facts is None:
                self._is_adding = False
                return None
            held = self._held.pop(facts.slot.number, None)
            self._bytes_held -= len(held.body) if held else 0
            return facts, held
