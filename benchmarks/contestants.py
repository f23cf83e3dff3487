"""Who reads the list: our extractor into a folder and into MinIO, bare loops, dlt.

All read the same pages. Whoever can has as many requests in flight as the others.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.measured_process import Command
from benchmarks.minio import Minio
from benchmarks.sandbox import NOW, ORDERING, RUN_DATE, Sandbox

CONCURRENCY = 32
# Far above what is read: the ledger is kept as for a user with a quota, and never stops a run.
_MONTHLY_REQUESTS = 1_000_000
_HERE = Path(__file__).parent


class Contestant(Protocol):
    """One way to read a list of pages."""

    @property
    def name(self) -> str:
        """For the tables."""

    def prepare(self, folder: Path, sandbox: Sandbox, pages: int) -> Command:
        """The command that reads `pages` pages; what it keeps lies in `folder`, which is empty."""

    def clear(self, folder: Path) -> None:
        """Removes what a run has left."""


@dataclass(frozen=True)
class ExtractorToFolder:
    """Our extractor; the lake is a folder."""

    words: Sequence[str]
    name: str

    def prepare(self, folder: Path, sandbox: Sandbox, pages: int) -> Command:
        variables = {
            **extractor_variables(folder, sandbox),
            "ENDPOINTS_FILE": str(_write_endpoints(folder, sandbox.page_size, pages)),
        }
        words = [*self.words, "run", "--endpoint", "games", "--run-date", RUN_DATE]
        return Command(words, variables)

    def clear(self, folder: Path) -> None:
        shutil.rmtree(folder)


@dataclass(frozen=True)
class ExtractorToMinio:
    """Our extractor; the lake is a bucket of a MinIO server on the same machine."""

    words: Sequence[str]
    minio: Minio
    name: str

    def prepare(self, folder: Path, sandbox: Sandbox, pages: int) -> Command:
        command = ExtractorToFolder(self.words, self.name).prepare(folder, sandbox, pages)
        bucket = self.minio.create_bucket(folder.name)
        return Command(command.words, {**command.variables, **bucket})

    def clear(self, folder: Path) -> None:
        self.minio.remove_bucket(folder.name)
        shutil.rmtree(folder)


@dataclass(frozen=True)
class BareLoop:
    """One httpx.Client in a pool of threads; stores what it gets, or forgets it."""

    python: Sequence[str]
    stores: bool
    name: str

    def prepare(self, folder: Path, sandbox: Sandbox, pages: int) -> Command:
        words = [*self.python, str(_HERE / "bare_loop.py"), sandbox.url, "--key", sandbox.key]
        words += ["--pages", str(pages), "--page-size", str(sandbox.page_size)]
        words += ["--concurrency", str(CONCURRENCY)]
        return Command([*words, "--store", str(folder)] if self.stores else words, {})

    def clear(self, folder: Path) -> None:
        shutil.rmtree(folder)


@dataclass(frozen=True)
class Dlt:
    """dlt's rest_api source into jsonl files."""

    python: Path
    name: str = "dlt rest_api, jsonl"

    def prepare(self, folder: Path, sandbox: Sandbox, pages: int) -> Command:
        words = [str(self.python), str(_HERE / "dlt_rest_api.py"), sandbox.url]
        words += ["--key", sandbox.key, "--pages", str(pages), "--folder", str(folder)]
        words += ["--page-size", str(sandbox.page_size)]
        return Command(words, {"RUNTIME__DLTHUB_TELEMETRY": "false"})

    def clear(self, folder: Path) -> None:
        shutil.rmtree(folder)


def extractor_variables(folder: Path, sandbox: Sandbox) -> dict[str, str]:
    """The settings of an extractor that reads the sandbox into a lake below a folder."""
    return {
        "RAWG_API_KEY": sandbox.key,
        "RAWG_BASE_URL": sandbox.url,
        "GAME_MARKET_NOW": NOW,
        "GAME_MARKET_HOME": str(folder / "home"),
        "DATA_LAKE_DIR": "",
        "DATA_LAKE_BUCKET": "",
        "S3_ENDPOINT": "",
        "ENDPOINTS_FILE": "",
    }


def _write_endpoints(folder: Path, page_size: int, pages: int) -> Path:
    source = {
        "base_url": "https://api.rawg.io/api",
        "base_url_variable": "RAWG_BASE_URL",
        "key_variable": "RAWG_API_KEY",
        "key_parameter": "key",
        "paging": {"style": "page_numbers"},
        "max_page_size": page_size,
        "concurrency": CONCURRENCY,
        "monthly_requests": _MONTHLY_REQUESTS,
    }
    games = {
        "name": "games",
        "source": "rawg",
        "description": "A game",
        "kind": "snapshot",
        "path": "/games",
        "params": {"ordering": ORDERING},
        "page_size": page_size,
        "page_limit": pages,
        "refresh_days": 1,
    }
    file = folder / "endpoints.json"
    file.write_text(json.dumps({"sources": {"rawg": source}, "endpoints": [games]}))
    return file
