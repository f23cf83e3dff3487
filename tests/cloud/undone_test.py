"""The last of the tests that share a cloud (by their order: files by name)."""

from __future__ import annotations

import pytest

from tests.cloud.cloud import Cloud

pytestmark = pytest.mark.timeout(3600)


def test_destroying_it_leaves_the_lake(cloud: Cloud) -> None:
    ended = cloud.root.destroy()
    assert ended.returncode == 1
    assert "BucketNotEmpty" in ended.stdout
    left = cloud.root.run("state", "list").stdout.split()
    kept = [one for one in left if not one.startswith(("data.", 'module.stage["extractor"].data'))]
    assert {one for one in kept if ".data." not in one} == {"module.lake.aws_s3_bucket.this"}
