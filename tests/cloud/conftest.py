"""One emulated cloud for all tests: applied once, and destroyed when the last has ended."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gamemarket.endpoints import load_endpoints
from tests.cloud.cloud import ACCOUNT, REGION, STATE_BUCKET, Cloud, serve_emulator
from tests.cloud.terraform import Root, copy_tree, require_terraform
from tests.end_to_end.conftest import (
    DAY_ONE,
    MORNING_AFTER_ONE,
    Home,
    serve_sandbox,
)

# Every kind of endpoint, and few: a task takes seconds. The whole list is the machine's in infra/aws/tests.
ENDPOINTS = ("games", "games_top", "genres", "game_details")
DETAILS_A_DAY = 30
PINNED_IMAGES = "environments/dev.images.tfvars.json"  # as scripts/build_and_push.sh writes it


def write_endpoints(file: Path) -> Path:
    """The list with these only, fewer details a day, and without the waits of the real API."""
    packed = load_endpoints().model_dump(mode="json", by_alias=True, exclude_unset=True)
    packed["sources"]["rawg"].pop("requests_per_second")
    by_name: dict[str, dict[str, Any]] = {one["name"]: one for one in packed["endpoints"]}
    by_name["game_details"]["daily_requests"] = DETAILS_A_DAY
    file.write_text(json.dumps({**packed, "endpoints": [by_name[name] for name in ENDPOINTS]}))
    return file


@dataclass
class Reference:
    """The embedded mode over the same day of the same sandbox, while Terraform applies."""

    home: Home
    process: subprocess.Popen[str]

    def finish(self) -> Home:
        output, errors = self.process.communicate(timeout=600)
        assert self.process.returncode == 0, output + errors
        return self.home


@pytest.fixture(scope="session")
def cloud_and_reference(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Cloud, Reference]]:
    require_terraform()
    folder = tmp_path_factory.mktemp("cloud")
    platform_file, endpoints = folder / "platform.json", write_endpoints(folder / "endpoints.json")
    options = ("--now", MORNING_AFTER_ONE, "--games", "600", "--updated-per-day", "150")
    with serve_sandbox(*options) as sandbox, serve_emulator(platform_file) as url:
        home = Home(folder / "home", sandbox)
        reference = Reference(
            home,
            home.start("orchestrator", "run", "--run-date", DAY_ONE, ENDPOINTS_FILE=str(endpoints)),
        )
        cloud = Cloud(
            url,
            platform_file,
            sandbox,
            _make_root(copy_tree(folder / "tree"), url, sandbox.url, endpoints),
            endpoints,
        )
        cloud.set_platform({"ENDPOINTS_FILE": str(endpoints), "S3_ENDPOINT": url, **_AWS_KEYS})
        try:
            _bring_up(cloud)
            yield cloud, reference
        finally:
            reference.process.terminate()
            reference.process.communicate()


_AWS_KEYS = {"AWS_ACCESS_KEY_ID": "emulator", "AWS_SECRET_ACCESS_KEY": "emulator"}


def _emulated(url: str) -> dict[str, str]:
    """Sends Terraform to the emulator: its provider and its backend have these from AWS' SDK."""
    return {**_AWS_KEYS, "AWS_ENDPOINT_URL": url, "AWS_REGION": REGION, "AWS_MAX_ATTEMPTS": "2"}


def _make_root(infra: Path, url: str, sandbox: str, endpoints: Path) -> Root:
    variables = {
        "account_id": ACCOUNT,
        "endpoints_file": str(endpoints),
        "source_urls": json.dumps({"RAWG_BASE_URL": sandbox}),
        "first_wait_seconds": "1",
    }
    arguments = [f"-var={name}={value}" for name, value in variables.items()]
    return Root(infra / "aws", ["-var-file=environments/dev.tfvars", *arguments], _emulated(url))


def _bring_up(cloud: Cloud) -> None:
    """What docs/infrastructure.md says: everything but the stages, their images, the rest."""
    location = {"LocationConstraint": REGION}
    cloud.client("s3").create_bucket(Bucket=STATE_BUCKET, CreateBucketConfiguration=location)
    state = {"bucket": STATE_BUCKET, "key": "aws/dev.tfstate", "region": REGION}
    cloud.root.init(*(f"-backend-config={name}={value}" for name, value in state.items()))
    cloud.root.apply()
    digests = cloud.push_images()
    (cloud.root.folder / PINNED_IMAGES).write_text(json.dumps({"image_digests": digests}))
    cloud.root.arguments.append(f"-var-file={PINNED_IMAGES}")
    cloud.root.apply()
    cloud.put_key()
    cloud.subscribe()


@pytest.fixture(scope="session")
def cloud(cloud_and_reference: tuple[Cloud, Reference]) -> Cloud:
    return cloud_and_reference[0]


@pytest.fixture(scope="session")
def reference(cloud_and_reference: tuple[Cloud, Reference]) -> Reference:
    return cloud_and_reference[1]
