"""Reads committed partitions again and compares them with their manifests, byte by byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from pyroaring import BitMap64

from extractor.pages.parts import DamagedPartError, open_part
from extractor.pages.rows import read_rows
from gamemarket.errors import ExitCode, MissingObjectError
from gamemarket.lake import Lake
from gamemarket.manifest import Manifest, PageRecord, PartRecord
from gamemarket.run_summary import RunSummary


def verify_partition(lake: Lake, manifest: Manifest) -> RunSummary:
    """Compares parts, pages, rows and ids; every key that is not as committed is in `reasons`."""
    ids = BitMap64()
    problems: list[str] = []
    pages = (page for page in manifest.pages if page.has_line)
    for part in manifest.parts:
        problems.extend(_find_damage(lake, part, pages, ids, manifest.items))
    if not problems and len(ids) != manifest.distinct_ids:
        problems.append(
            f"{manifest.key}: {len(ids)} distinct ids, {manifest.distinct_ids} committed"
        )
    return RunSummary(
        endpoint=manifest.endpoint,
        run_date=manifest.run_date,
        state="damaged" if problems else "verified",
        exit_code=ExitCode.DATA if problems else ExitCode.DONE,
        generation=manifest.generation,
        pages=len(manifest.pages),
        rows=manifest.distinct_ids,
        reasons=tuple(problems),
    )


def _find_damage(
    lake: Lake, part: PartRecord, pages: Iterator[PageRecord], ids: BitMap64, items: str | None
) -> Iterator[str]:
    """What is wrong with one part. Takes its pages from `pages`: parts hold them in order."""
    records = [next(pages, None) for _ in range(part.pages)]
    sha256s: list[str] = []
    rows: list[int] = []
    try:
        for line in open_part(lake, part):
            count, found = read_rows(line, items)
            ids.update(found)
            sha256s.append(hashlib.sha256(line).hexdigest())
            rows.append(count)
    except MissingObjectError:
        yield f"{part.key}: missing"
        return
    except DamagedPartError as error:
        yield str(error)
        return
    if sha256s != [record and record.sha256 for record in records]:
        yield f"{part.key}: its pages are not those of the manifest"
    elif rows != [record and record.rows for record in records]:
        yield f"{part.key}: its pages have other numbers of rows than the manifest says"
