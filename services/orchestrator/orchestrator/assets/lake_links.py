"""Where in the lake a partition lies, for the metadata of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

import dagster as dg

from gamemarket.endpoints import Endpoints
from gamemarket.lake_keys import ManifestKey, Partition, ReportKey
from gamemarket.run_summary import RunSummary
from gamemarket.settings import Settings

__all__ = ["LakeLinks"]


@dataclass(frozen=True, slots=True)
class LakeLinks:
    """`lake` is a folder's path or s3://bucket; the lake itself is never opened for a link.

    `browser` is the address of a page that shows the objects below a bucket and a prefix behind it,
    `reports` of one that shows the report of the build behind it.
    """

    lake: str
    endpoints: Endpoints
    browser: str | None = None
    reports: str | None = None

    @classmethod
    def from_settings(cls, settings: Settings, endpoints: Endpoints) -> LakeLinks:
        """The links into the lake that the stages get from the same environment."""
        bucket = settings.data_lake_bucket
        lake = f"s3://{bucket}" if bucket else str(settings.lake_dir.absolute())
        browser = settings.lake_browser_url if bucket else None
        return cls(lake, endpoints, browser, settings.report_url)

    def of_run(self, bucket: str) -> LakeLinks:
        """The links of a run whose configuration names a bucket of its own; empty: none."""
        return replace(self, lake=f"s3://{bucket}") if bucket else self

    def find(self, summary: RunSummary) -> Mapping[str, dg.MetadataValue]:
        """Where a partition's pages and its manifest are; nothing while none is committed."""
        if summary.run_date is None or not summary.generation or summary.state == "open":
            return {}
        endpoint = self.endpoints.endpoint(summary.endpoint)
        partition = Partition(
            source=endpoint.source, endpoint=endpoint.name, run_date=summary.run_date
        )
        manifest = ManifestKey(partition=partition, generation=summary.generation)
        pages = f"{self.lake}/raw/{partition}"
        # As text: Dagster's pages show a path as a link, and no browser opens s3:// or a folder.
        return {
            "pages_at": dg.MetadataValue.text(pages),
            "manifest": dg.MetadataValue.text(f"{self.lake}/{manifest}"),
            **self._browse(pages),
        }

    def find_report(self, key: ReportKey) -> Mapping[str, dg.MetadataValue]:
        """Of which build a report is, where it lies, and what a browser opens."""
        found: dict[str, dg.MetadataValue] = {
            "build_id": dg.MetadataValue.text(key.build_id),
            "report": dg.MetadataValue.text(f"{self.lake}/{key}"),
        }
        if self.reports:
            address = f"{self.reports.rstrip('/')}/{key.build_id}"
            found["read"] = dg.MetadataValue.url(address)
        return found

    def _browse(self, path: str) -> Mapping[str, dg.MetadataValue]:
        """What a browser opens, which no s3:// is."""
        if self.browser is None:
            return {}
        bucket, _, prefix = path.removeprefix("s3://").partition("/")
        address = f"{self.browser.rstrip('/')}/{bucket}/{quote(f'{prefix}/', safe='')}"
        return {"browse": dg.MetadataValue.url(address)}
