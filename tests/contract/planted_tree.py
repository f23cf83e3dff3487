"""A copy of the tree's BUILD files, for planting modules among them in place of the code."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

_COPIED: Final = (
    "pants",
    "pants.toml",
    "build-support/**/*",
    "3rdparty/**/*.txt",
    "images/Dockerfile",
    "**/BUILD",
)
# Pants refuses a BUILD file that says something of a module that is not there.
# Its own it names by their path from its folder, and others by an address from the tree's.
_NAMED: Final = re.compile(r'"([\w/.]+\.py)(:?)')


def plant_build_files(original: Path, tree: Path) -> None:
    """Copies them and what starts Pants into a folder, and makes empty modules of those they name."""
    for file in {file for pattern in _COPIED for file in original.glob(pattern) if file.is_file()}:
        copy = tree / file.relative_to(original)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    for build in tree.rglob("BUILD"):
        for name, address in _NAMED.findall(build.read_text()):
            module = (tree if address and not name.startswith("./") else build.parent) / name
            module.parent.mkdir(parents=True, exist_ok=True)
            module.touch()
