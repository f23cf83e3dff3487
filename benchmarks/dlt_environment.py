"""An environment of its own for dlt, made once by pip: dlt is no part of the product or its lockfile."""

import os
import subprocess
import sys
import venv
from pathlib import Path

_VERSION = "1.31.0"
_REQUIREMENT = f"dlt[filesystem]=={_VERSION}"


def find_or_make_dlt_python() -> Path | None:
    """The interpreter of dlt's environment; None, said loudly, where pip can't install it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "game-market" / "benchmarks" / f"dlt-{_VERSION}"
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    print(f"Installing {_REQUIREMENT} into {folder} ...", file=sys.stderr)
    venv.create(folder, clear=True, with_pip=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*install, _REQUIREMENT], check=False).returncode != 0:
        print("SKIPPED: dlt could not be installed; its rows are missing.", file=sys.stderr)
        return None
    (folder / "complete").touch()
    return python
