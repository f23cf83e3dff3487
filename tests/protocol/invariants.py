"""What must be true of the lake after every step, whoever made it and whoever died before it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

import zstandard

from extractor.pages.checkpoint import decode_checkpoint
from extractor.pages.list_page import Layout
from extractor.pages.page import Slot
from gamemarket.lake_keys import (
    ManifestKey,
    Partition,
    PartKey,
    inflight_prefix,
)
from gamemarket.manifest import Manifest
from gamemarket.sources import PageNumbers
from tests.inflight_keys import parse_inflight_key
from tests.protocol.actors import DETAILS, GAMES
from tests.protocol.catalogue import MERGED, Catalogue
from tests.protocol.store import Call, Store

# A checkpoint that a power cut has torn.
TORN = b"torn"


def find_problem(before: Store, call: Call, after: Store, first: Catalogue, now: Catalogue) -> str:
    """What is wrong with a change of the lake, "" when nothing is.

    `first` is the list before anybody asked for it, `now` the list at the moment of the change.
    """
    if after is before:
        return ""
    return (
        _find_misuse(before, call) or find_damage(after) or _find_lost_rows(call, after, first, now)
    )


def find_damage(store: Store) -> str:
    """What is wrong with the committed state of a lake."""
    latest: dict[Partition, Manifest] = {}
    for key, manifest in read_manifests(store).items():
        previous = latest.get(key.partition)
        if key.generation != (previous.generation if previous else 0) + 1:
            return f"{key} comes after a gap"
        bodies = tuple(store.objects.get(part.key) for part in manifest.parts)
        problem = _compare(store.objects[str(key)], bodies)
        if problem:
            return f"{key}: {problem}"
        if previous and previous.fingerprint == manifest.fingerprint:
            lost = ids_of(store, previous) - ids_of(store, manifest)
            if lost:
                return f"{key} has lost the rows {sorted(lost)} of the generation before"
            if previous.complete and not manifest.complete:
                return f"{key} is not complete, the generation before was"
        latest[key.partition] = manifest
    return ""


def find_litter(store: Store) -> str:
    """What an undisturbed run and gc should have cleared, and did not."""
    found = read_manifests(store)
    highest = {key.partition: key.generation for key in found}
    named = {part.key for manifest in found.values() for part in manifest.parts}
    for text in store.keys("inflight/"):
        inflight = parse_inflight_key(text)
        if inflight.generation <= highest.get(inflight.partition, 0):
            return f"{text} is left of a committed generation"
    for text in store.keys("raw/"):
        part = PartKey.parse(text)
        if part and part.generation <= highest.get(part.partition, 0) and text not in named:
            return f"{text} is named by no manifest, and gc left it"
    return ""


def read_manifests(store: Store) -> Mapping[ManifestKey, Manifest]:
    """All manifests by key, in order."""
    found = {}
    for text in store.keys("manifests/"):
        key = ManifestKey.parse(text)
        assert key, text
        found[key] = _parse_manifest(store.objects[text])
    return found


def ids_of(store: Store, manifest: Manifest) -> set[int]:
    """The ids in the parts that a manifest names."""
    bodies = [store.objects[part.key] for part in manifest.parts]
    return {id for body in bodies for line in _read_part(body) for id in line.ids}


def _find_misuse(before: Store, call: Call) -> str:
    """Objects are created, and only what is of no use any more is removed."""
    if call.verb == "replace" and call.key in before.objects:
        return f"{call.key} was overwritten"
    if call.verb != "delete":
        return ""
    if call.key.startswith("manifests/"):
        return f"{call.key} was removed"
    if call.key.startswith("inflight/"):
        key = parse_inflight_key(call.key)
        commit = ManifestKey(partition=key.partition, generation=key.generation)
        if commit not in read_manifests(before):
            return f"{call.key} was removed before its commit: its page is to be asked for again"
    return ""


def _find_lost_rows(call: Call, after: Store, first: Catalogue, now: Catalogue) -> str:
    """Complete means that every row that was there throughout is there."""
    if not call.key.startswith("manifests/"):
        return ""
    manifest = _parse_manifest(call.body)
    unread = _ids_stored(after, manifest) - ids_of(after, manifest)
    if unread:
        return f"{call.key} is without the rows {sorted(unread)}, which were read"
    if manifest.endpoint == DETAILS.endpoint:
        return _find_lost_details(manifest, after, now)
    if manifest.complete and manifest.min_coverage is None:
        lost = set(first.rows) & set(now.rows) - ids_of(after, manifest)
        return f"{call.key} is complete without the rows {sorted(lost)}" if lost else ""
    if manifest.complete:
        return ""  # by its coverage: nothing is said of single rows
    restless = first.moves - now.moves + first.count_is_cached
    if restless <= 1 and manifest.reasons != ("limited",):
        return f"{call.key} is {manifest.reasons}, though the list moved once at most"
    return ""


def _find_lost_details(manifest: Manifest, store: Store, now: Catalogue) -> str:
    """Whatever the parent named is answered once, as it is, or said to be left out."""
    parent = _parse_manifest(store.objects[str(ManifestKey(partition=GAMES, generation=1))])
    told = [page.detail for page in manifest.pages if page.detail and page.detail.outcome]
    answered = Counter(detail.requested_id for detail in told)
    left_out = {item.id for item in manifest.left_out}
    if lost := ids_of(store, parent) - answered.keys() - left_out:
        return f"{manifest.key} says nothing of {sorted(lost)}"
    if twice := [row for row, times in answered.items() if times > 1 or row in left_out]:
        return f"{manifest.key} says of {twice} twice what came of them"
    for detail in told:
        target = MERGED.get(detail.requested_id)
        expected = ("stored", None) if target is None else ("merged", target)
        is_gone = not {detail.requested_id, target or detail.requested_id} <= {*now.rows}
        if (detail.outcome, detail.merged_into) not in (
            [expected, ("deleted", None)] if is_gone else [expected]
        ):
            return f"{manifest.key} says of {detail.requested_id}: {detail.outcome}"
    return ""


def _ids_stored(store: Store, manifest: Manifest) -> set[int]:
    """The ids in the checkpoints of the generation that is committed."""
    prefix = inflight_prefix(manifest.partition, manifest.generation)
    pages = [key for key in store.keys(prefix) if key.endswith(".zst")]
    return {id for key in pages for id in _read_checkpoint(store.objects[key])}


_LAYOUT = Layout(PageNumbers(), page_size=2)


@cache
def _read_checkpoint(body: bytes) -> tuple[int, ...]:
    return () if body == TORN else tuple(decode_checkpoint(Slot(1), body, _LAYOUT).facts.ids)


class _Line:
    """A page as a part holds it."""

    def __init__(self, text: bytes) -> None:
        page: dict[str, Any] = json.loads(text)
        self.sha256 = hashlib.sha256(text).hexdigest()
        self.ids = [int(row["id"]) for row in page.get("results", (page,)) if "id" in row]
        self.asked = page.get("asked", ["", {}])


@cache
def _parse_manifest(body: bytes) -> Manifest:
    return Manifest.model_validate_json(body)


@cache
def _read_part(body: bytes) -> tuple[_Line, ...]:
    text = zstandard.ZstdDecompressor().decompressobj().decompress(body)
    return tuple(_Line(line) for line in text.splitlines(keepends=True))


@cache
def _compare(body: bytes, parts: tuple[bytes | None, ...]) -> str:
    """What differs between a manifest and the parts that it names."""
    manifest = _parse_manifest(body)
    lines: list[_Line] = []
    for record, part in zip(manifest.parts, parts, strict=True):
        if part is None:
            return f"its part {record.key} is missing"
        if hashlib.sha256(part).hexdigest() != record.sha256:
            return f"its part {record.key} is another's: the sha256 differs"
        lines.extend(_read_part(part))
    pages = [page for page in manifest.pages if page.has_line]
    if [page.sha256 for page in pages] != [line.sha256 for line in lines]:
        return "its pages are not those in its parts"
    if manifest.distinct_ids != len({id for line in lines for id in line.ids}):
        return f"it counts {manifest.distinct_ids} ids, its parts hold others"
    params = {(r.generation, r.reading): r.params for r in manifest.readings}
    for page, line in zip(pages, lines, strict=True):
        if manifest.endpoint == DETAILS.endpoint:
            if page.detail and line.asked[0] != f"/games/{page.detail.requested_id}":
                return f"page {page.number} answers {line.asked[0]}, not what it was asked"
            continue
        asked = params[page.generation, page.reading] | {"page_size": str(manifest.page_size)}
        if line.asked[1] != asked:
            return f"page {page.number} answers {line.asked[1]}, not what its reading asked"
    return ""
