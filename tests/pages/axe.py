"""axe-core, which looks at a page as people do who can't see it, or not well; fetched by npm."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page

__all__ = ["find_violations", "read_axe"]

_PACKAGE: Final = "axe-core@4.14.1"
# As the registry tells it (`npm view axe-core@4.14.1 dist.integrity`).
_SHA512: Final = (
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)
_NEEDS: Final = f"the report is not looked at by axe: npm can't fetch {_PACKAGE} here"


def read_axe(folder: Path) -> str:
    """Its script, checked by its hash; skips where there is no npm or no registry."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"{_NEEDS} (it is not on PATH)")
    command = [npm, "pack", _PACKAGE, "--silent", "--pack-destination", str(folder)]
    packed = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    if packed.returncode != 0:
        pytest.skip(f"{_NEEDS}: {(packed.stderr or packed.stdout).strip()[-200:]}")
    (archive,) = folder.glob("axe-core-*.tgz")
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    assert digest == _SHA512
    with tarfile.open(archive) as opened:
        script = opened.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode()


def find_violations(page: Page, axe: str) -> list[str]:
    """What it complains of in an open page: the rule and the first elements."""
    page.evaluate(axe)
    found: list[dict[str, Any]] = page.evaluate("axe.run().then(result => result.violations)")
    return [
        f"{one['id']}: {one['help']} {[node['html'][:200] for node in one['nodes'][:3]]}"
        for one in found
    ]
