"""A real S3 server for tests: MinIO, started on free ports with a folder of its own.

`build-support/minio` builds it once, where Go is found; MiniStack (from PyPI, when it is installed) stands
in for it. Where there is neither, the tests that want a server skip, and say what to do.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_ACCESS_KEY: Final = "testing-lake"
_SECRET_KEY: Final = "testing-lake-secret"
_READY_SECONDS: Final = 60.0
# As many connections as the lake has: 32 writers of one key are really 32.
_CONFIG: Final = Config(
    max_pool_connections=64, s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=60
)


@dataclass
class ObjectStore:
    """A server that can be stopped and started again, at the same address with what it holds."""

    program: Path
    folder: Path
    port: int
    _process: subprocess.Popen[bytes] | None = None
    _buckets: count[int] = field(default_factory=lambda: count(1))

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a stage needs to find it, but for DATA_LAKE_BUCKET."""
        return {
            "S3_ENDPOINT": self.endpoint,
            "AWS_ACCESS_KEY_ID": _ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": _SECRET_KEY,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def connect(self) -> S3Client:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=_ACCESS_KEY,
            aws_secret_access_key=_SECRET_KEY,
            region_name="us-east-1",
            config=_CONFIG,
        )

    def make_bucket(self) -> str:
        """An empty bucket; returns its name."""
        name = f"lake-{next(self._buckets)}"
        self._client.create_bucket(Bucket=name)
        return name

    @cached_property
    def _client(self) -> S3Client:
        return self.connect()

    def start(self) -> None:
        """Returns when it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), env=self._server_environment(), stdout=log, stderr=log
            )
        deadline = time.monotonic() + _READY_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                log_text = (self.folder / "log").read_text(errors="replace")
                raise RuntimeError(f"{self.program} did not start: {log_text[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Kills it: what it has acknowledged must be there when it is started again."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            self._client.list_buckets()
        except (BotoCoreError, ClientError):
            return False
        return True

    def _command(self) -> list[str]:
        if self.program.name != "minio":
            return [str(self.program)]
        addresses = ["--address", f"127.0.0.1:{self.port}", "--console-address", "127.0.0.1:0"]
        return [str(self.program), "server", "--quiet", *addresses, str(self.folder / "data")]

    def _server_environment(self) -> dict[str, str]:
        minio = {"MINIO_ROOT_USER": _ACCESS_KEY, "MINIO_ROOT_PASSWORD": _SECRET_KEY}
        ministack = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "SERVICES": "s3",
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.folder / "data"),
        }
        # A folder of its own as home: no configuration of the user's, nothing left behind.
        home = {"HOME": str(self.folder), "PATH": os.environ.get("PATH", os.defpath)}
        return minio | ministack | home


def find_program() -> Path | None:
    """MinIO in the cache folder of build-support/minio, else MiniStack on PATH."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    built = sorted((cache / "game-market/minio").glob("*/minio"))
    found = [*map(str, built[-1:]), shutil.which("ministack")]
    return next((Path(program) for program in found if program), None)


@contextmanager
def serve_objects(folder: Path) -> Iterator[ObjectStore]:
    """Serves below a folder for as long as the block lasts; skips the test where it can't."""
    program = find_program()
    if program is None:
        pytest.skip("no S3 server here: run build-support/minio (it takes Go, and some minutes)")
    store = ObjectStore(program, folder, _find_free_port())
    store.start()
    try:
        yield store
    finally:
        store.stop()


def _find_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
