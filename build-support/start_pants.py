"""Starts Pants, and installs first what it needs: from PyPI, pinned by hash, into a cache folder.

Where the official launcher (a native program called `pants`) is on PATH, it is used. Otherwise
Pants runs on a CPython 3.9, the newest that the Pants on PyPI supports: `PANTS_PYTHON`, or what
`find-python` finds or fetches. Either way Pants is handed a pex that works under the product's
CPython 3.12 (which also runs this file), and is told where that interpreter is.

`PANTS_BOOTSTRAP_CACHE` moves the cache (default: `game-market/pants` in the user's cache
directory). What is installed gets its name when it is complete, and is made anew when it is broken.
"""

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

HERE = Path(__file__).resolve().parent
PINS = HERE / "bootstrap"
PANTS_VERSION = "2.17.1"
PEX_VERSION = "2.1.164"
EX_USAGE, EX_UNAVAILABLE, EX_CANTCREAT = 64, 69, 73


def main() -> None:
    cache = cache_dir()
    try:
        pex_cli = installed(cache / f"pex-{PEX_VERSION}", pex_is_whole, make_pex) / "pex"
        pants = official_launcher() or [*own_pants(cache), "-m", "pants"]
        put_on_path(cache / "bin", python=Path(sys.executable))
    except subprocess.CalledProcessError:
        fail(
            "could not install what it needs, see above: is PyPI reachable? PIP_INDEX_URL and"
            " PIP_CERT are heeded.",
            EX_UNAVAILABLE,
        )
    except OSError as error:
        fail(f"could not write its cache: {error}. PANTS_BOOTSTRAP_CACHE moves it.", EX_CANTCREAT)
    if "check" in sys.argv:
        make_mypy_cache_folder(HERE.parent)
    os.environ.update(settings_for_pants(pex_cli))
    os.execv(pants[0], [*pants, *sys.argv[1:]])


def cache_dir() -> Path:
    if chosen := os.environ.get("PANTS_BOOTSTRAP_CACHE"):
        return Path(chosen).resolve()
    return user_cache_dir() / "game-market/pants"


def user_cache_dir() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


@contextlib.contextmanager
def only_one_installs(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another start is installing, waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def installed(target: Path, is_whole: Callable[[Path], bool], make: Callable[[Path], None]) -> Path:
    """The folder `target`, made anew unless it is whole."""
    if is_whole(target):
        return target
    with only_one_installs(target.parent):
        if not is_whole(target):
            for leftover in target.parent.glob(f"{target.name}*"):  # broken, or a killed start's
                shutil.rmtree(leftover)
            workspace = Path(tempfile.mkdtemp(dir=target.parent, prefix=f"{target.name}."))
            make(workspace)
            workspace.rename(target)
    return target


def pex_is_whole(folder: Path) -> bool:
    try:
        return (folder / "stamp").read_text() == pex_stamp(folder)
    except OSError:
        return False


def pex_stamp(folder: Path) -> str:
    """What was built, and from what."""
    return f"{sha256(folder / 'pex')} {sha256(PINS / 'pex.txt')}"


def make_pex(folder: Path) -> None:
    say(f"installing pex {PEX_VERSION} into {folder.parent} (once, some seconds)")
    wheel = folder / f"pex-{PEX_VERSION}-py2.py3-none-any.whl"
    pip_install(
        sys.executable,
        "pex.txt",
        "--target",
        str(wheel),
        "--no-compile",
        "--root-user-action=ignore",
    )
    command = [sys.executable, str(PINS / "make_pex_cli.py"), str(wheel), str(folder / "pex")]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": str(wheel)}, check=True)
    (folder / "stamp").write_text(pex_stamp(folder))


def own_pants(cache: Path) -> list[str]:
    """The interpreter of a venv that holds the Pants of PyPI."""
    if (chosen := os.environ.get("PANTS_PYTHON")) and not is_cpython_39(chosen):
        fail(
            f"PANTS_PYTHON={chosen} is no CPython 3.9, which Pants {PANTS_VERSION} needs.", EX_USAGE
        )
    venv = installed(cache / f"pants-{PANTS_VERSION}", pants_is_whole, make_pants)
    return [str(venv / "bin/python")]


def is_cpython_39(python: str) -> bool:
    code = "import sys; sys.exit(sys.implementation.cache_tag != 'cpython-39')"
    try:
        return subprocess.run([python, "-I", "-c", code], check=False).returncode == 0
    except OSError:
        return False


def pants_is_whole(venv: Path) -> bool:
    """Whether the venv holds what is pinned, on the interpreter asked for, and both still start."""
    python = os.environ.get("PANTS_PYTHON", "")
    command = [str(venv / "bin/python"), "-I", "-c", "import pants.bin.pants_runner"]
    try:
        return (venv / "stamp").read_text() == pants_stamp(python) and (
            subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
        )
    except OSError:
        return False


def pants_stamp(python: str) -> str:
    return f"{python} {sha256(PINS / 'pants.txt')}"


def make_pants(venv: Path) -> None:
    chosen = os.environ.get("PANTS_PYTHON", "")
    python = chosen or find_python("3.9")
    say(f"installing Pants {PANTS_VERSION} into {venv.parent} (once, about half a minute)")
    subprocess.run([python, "-m", "venv", str(venv)], check=True)
    pip_install(str(venv / "bin/python"), "pants.txt")
    (venv / "stamp").write_text(pants_stamp(chosen))


def find_python(version: str) -> str:
    found = subprocess.run(
        [str(HERE / "find-python"), version], stdout=subprocess.PIPE, text=True, check=False
    )
    if found.returncode != 0:  # it has said why
        sys.exit(found.returncode)
    return found.stdout.strip()


def pip_install(python: str, pins: str, *options: str) -> None:
    # --isolated: pip's settings of this machine (user, target, find-links) must not change what
    # is installed. Where packages come from is the user's to say; the hashes hold everywhere.
    command = [python, "-m", "pip", "--isolated", "--disable-pip-version-check", "install"]
    for variable, option in {"PIP_INDEX_URL": "--index-url", "PIP_CERT": "--cert"}.items():
        if value := os.environ.get(variable):
            command += [option, value]
    command += ["--quiet", "--require-hashes", "--requirement", str(PINS / pins), *options]
    subprocess.run(command, stdout=sys.stderr, check=True)


def official_launcher() -> list[str] | None:
    """The first native `pants` on PATH: whatever begins with #! is this script or one like it."""
    for folder in os.get_exec_path():
        candidate = Path(folder) / "pants"
        if os.access(candidate, os.X_OK) and candidate.is_file():
            with candidate.open("rb") as program:
                if program.read(2) != b"#!":
                    return [str(candidate)]
    return None


def put_on_path(folder: Path, *, python: Path) -> None:
    """PEXes start with `env python3.12`, which pyenv's shims refuse where 3.12 is not chosen."""
    link = folder / "python3.12"
    if not link.is_symlink() or link.readlink() != python:
        folder.mkdir(exist_ok=True)
        new = folder / f"python3.12.{os.getpid()}"
        new.symlink_to(python)
        new.replace(link)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"


def make_mypy_cache_folder(root: Path) -> None:
    """Pants 2.17 forgets to make it and then silently keeps no cache: 30 s a run instead of 2 s.

    The path is the one of pants/backend/python/typecheck/mypy/rules.py in that version.
    """
    named_caches = user_cache_dir() / "pants/named_caches"
    build_root = hashlib.sha256(str(root).encode()).hexdigest()
    (named_caches / "mypy_cache" / build_root / "3.12").mkdir(parents=True, exist_ok=True)


def settings_for_pants(pex_cli: Path) -> dict[str, str]:
    """Settings of pants.toml that depend on the machine, in Pants' own form (Python literals)."""
    digest, size = sha256(pex_cli), pex_cli.stat().st_size
    machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    host = f"{'macos' if sys.platform == 'darwin' else 'linux'}_{machine}"
    search_path = [str(Path(sys.executable).parent), "<PYENV>", "<PATH>"]
    return {
        "PANTS_PEX_CLI_VERSION": f"v{PEX_VERSION}",
        "PANTS_PEX_CLI_URL_TEMPLATE": url_of(pex_cli, digest),
        "PANTS_PEX_CLI_KNOWN_VERSIONS": repr([f"v{PEX_VERSION}|{host}|{digest}|{size}"]),
        "PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH": repr(search_path),
        "NO_SCIE_WARNING": "1",  # Pants' hint that there is an official launcher
    }


def url_of(file: Path, digest: str) -> str:
    """Pants opens the path of a URL without decoding it: where that differs, by a link that needs none."""
    if file.as_uri() == f"file://{file}":
        return file.as_uri()
    link = Path(tempfile.gettempdir()) / f"game-market-pex-{os.getuid()}-{digest[:16]}"
    if not link.is_symlink() or link.readlink() != file:
        new = link.with_name(f"{link.name}.{os.getpid()}")
        new.symlink_to(file)
        new.replace(link)
    return link.as_uri()


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def say(message: str) -> None:
    print(f"pants: {message}", file=sys.stderr, flush=True)


def fail(message: str, exit_code: int) -> NoReturn:
    say(message)
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
