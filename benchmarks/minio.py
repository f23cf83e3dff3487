"""A MinIO server for the benchmark, where build-support/minio has built one."""

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_USER, _PASSWORD = "benchmark", "benchmark-only"
_REQUESTS = re.compile(r'^minio_api_requests_total\{.*type="s3"\} (\d+)', re.MULTILINE)
_SECONDS_TO_START = 30.0


@dataclass(frozen=True)
class Minio:
    """A running server; buckets are folders of its data folder."""

    url: str
    pid: int
    data: Path

    def create_bucket(self, name: str) -> Mapping[str, str]:
        """Makes a bucket; returns the settings that make it a stage's lake."""
        (self.data / name).mkdir()
        return {
            "DATA_LAKE_BUCKET": name,
            "S3_ENDPOINT": self.url,
            "AWS_ACCESS_KEY_ID": _USER,
            "AWS_SECRET_ACCESS_KEY": _PASSWORD,
            "AWS_REGION": "us-east-1",
        }

    def remove_bucket(self, name: str) -> None:
        """Removes a bucket with what is in it."""
        shutil.rmtree(self.data / name)

    def count_requests(self) -> int:
        """S3 requests since the server's start, as it counts them itself."""
        with urllib.request.urlopen(f"{self.url}/minio/metrics/v3/api/requests") as answer:
            return sum(map(int, _REQUESTS.findall(answer.read().decode())))


def find_minio() -> Path | None:
    """The newest MinIO in the cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    found = sorted((cache / "game-market" / "minio").glob("*/minio"))
    return found[-1] if found else None


@contextmanager
def running_minio(program: Path | None, folder: Path) -> Iterator[Minio | None]:
    """Serves until the block ends; None where there is no program."""
    if program is None:
        yield None
        return
    with (
        socket.create_server(("127.0.0.1", 0)) as free,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        addresses = [f"127.0.0.1:{taken.getsockname()[1]}" for taken in (free, other)]
    environment = {
        **os.environ,
        "MINIO_ROOT_USER": _USER,
        "MINIO_ROOT_PASSWORD": _PASSWORD,
        "MINIO_PROMETHEUS_AUTH_TYPE": "public",
    }
    words = [str(program), "server", "--quiet", "--address", addresses[0]]
    words += ["--console-address", addresses[1], str(folder)]
    folder.mkdir()
    with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            minio = Minio(f"http://{addresses[0]}", process.pid, folder)
            _wait_until_ready(minio.url)
            yield minio
        finally:
            process.terminate()


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while True:
        try:
            urllib.request.urlopen(f"{url}/minio/health/ready", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
