"""A machine with Docker, make and git has some Python 3, seldom the newest."""

from __future__ import annotations

import ast
import os
import subprocess
from pathlib import Path

import pytest

STACK = Path.cwd() / "stack"
SOURCES = [path for path in STACK.glob("*.py") if not path.name.endswith("_test.py")]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_its_syntax_is_that_of_python_39(path: Path) -> None:
    ast.parse(path.read_text(), feature_version=(3, 9))


def test_python_39_imports_all_of_it() -> None:
    python = _find_python39()
    if python is None:
        pytest.skip("no CPython 3.9 is here")
    names = [f"stack.{path.stem}" for path in SOURCES if path.stem != "__main__"]
    code = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    words = [str(python), "-c", code, *names]
    done = subprocess.run(words, cwd=STACK.parent, env={}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _find_python39() -> Path | None:
    """pyenv's, which Pants runs on, or the one on PATH; a shim of pyenv may refuse to start."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders = [*pyenv.glob("versions/3.9*/bin"), *map(Path, os.environ["PATH"].split(":"))]
    found = (folder / "python3.9" for folder in folders if folder.name != "shims")
    return next((path for path in found if path.exists()), None)
