"""The reports that the lake keeps of a build, in editions: none is ever replaced.

The same reporter makes the same page of the same marts. One that was changed makes another page, which
becomes the next edition: readers get the newest, and the others stay until their build goes.
"""

from __future__ import annotations

from gamemarket.lake import Lake
from gamemarket.lake_keys import ReportKey

__all__ = ["find_newest", "keep_report"]


def find_newest(lake: Lake, build_id: str) -> ReportKey | None:
    """The last edition of a build's report; None where there is none, and for what is no build's id."""
    first = ReportKey.parse(f"marts/{build_id}/report_001.html")
    if first is None:
        return None
    listed = lake.list(str(first).removesuffix("001.html"))
    keys = [key for one in listed if (key := ReportKey.parse(one.key))]
    return max(keys, key=lambda key: key.edition, default=None)


def keep_report(lake: Lake, build_id: str, html: bytes) -> ReportKey:
    """Keeps a page, unless the last edition is the same; returns the key that it is kept under."""
    newest = find_newest(lake, build_id)
    while True:
        if newest and lake.get(newest) == html:
            return newest
        key = ReportKey(build_id=build_id, edition=newest.edition + 1 if newest else 1)
        if lake.put_if_absent(key, html):
            return key
        newest = key  # another run's, which came first
