"""The images as they were built: they start, read-only and not as root, and hold what they need."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from gamemarket import __version__
from orchestrator.stages.container_end import explain_end

PROGRAMS: Final = ("extractor", "transformer", "reporter", "orchestrator", "sandbox")
# As docker-compose.yml has them.
HARDENED: Final = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")

pytestmark = pytest.mark.skipif(
    not os.environ.get("TEST_STACK"),
    reason="needs a Docker engine and the images: run `make test-stack`",
)


def image_of(program: str) -> str:
    return f"game-market/{program}:local"


def docker(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], capture_output=True, text=True, timeout=240)


def run(program: str, *words: str, options: tuple[str, ...] = ()) -> str:
    """A command in a hardened container without the network; its output, once it has ended well."""
    scratch = ("--tmpfs", "/tmp", "--tmpfs", "/data:uid=10001,gid=10001", "--network", "none")
    done = docker("run", "--rm", *HARDENED, *scratch, *options, image_of(program), *words)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def inspect(program: str) -> dict[str, Any]:
    [image] = json.loads(docker("image", "inspect", image_of(program)).stdout)
    config: dict[str, Any] = image["Config"]
    return config


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_starts_read_only(program: str) -> None:
    assert f"Usage: {program}" in run(program, "--help")


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_says_which_version_it_is(program: str) -> None:
    assert run(program, "--version") == f"{program}, version {__version__}\n"


def test_what_a_container_builds_is_the_same() -> None:
    """Where this machine can't run Pants (build-support/images_in_container)."""
    ours, containers = map(
        hash_files, ("game-market/sandbox:local", "game-market/sandbox:in-container")
    )
    assert len(ours) > 100
    # Paths alone: of all hashes pytest would show only the first ones.
    assert {path for path, _ in ours ^ containers} == set()


def hash_files(image: str) -> set[tuple[str, str]]:
    """Path and SHA-256 of each file of ours in an image, but bytecode."""
    hashes = "find /app -type f ! -name '*.pyc' -exec sha256sum {} +"
    told = docker("run", "--rm", "--entrypoint", "/bin/sh", image, "-c", hashes)
    assert told.returncode == 0, told.stderr
    lines = (line.split(maxsplit=1) for line in told.stdout.splitlines())
    return {(path, digest) for digest, path in lines}


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_is_not_root_and_can_write_nothing_of_its_own(program: str) -> None:
    shell = ("--entrypoint", "/bin/sh")
    script = "id -u; find /app /usr /etc -writable ! -type l 2>/dev/null | head -3"
    assert run(program, "-c", script, options=shell).split() == ["10001"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_has_no_compiler(program: str) -> None:
    script = "command -v cc gcc clang ld make || true"
    assert run(program, "-c", script, options=("--entrypoint", "/bin/sh")) == ""


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_holds_no_setting_and_no_commit(program: str) -> None:
    config = inspect(program)
    labels = {name.rpartition(".")[2] for name in config["Labels"]}
    assert "title" in labels
    assert not labels & {"revision", "version", "created"}  # of a release
    names = {variable.partition("=")[0] for variable in config["Env"]}
    assert not [name for name in names if re.search("KEY|SECRET|PASSWORD|TOKEN|URL", name)]


def test_a_start_compiles_nothing() -> None:
    """As -v tells: bytecode `matches` its source, or a code object is made `from` the source."""
    python = ("--entrypoint", "/app/bin/python", image_of("extractor"))
    told = docker("run", "--rm", *HARDENED, *python, "-v", "-c", "import extractor.__main__")
    assert told.returncode == 0, told.stderr
    assert re.findall(r"\.pyc matches /usr/local/\S+/dataclasses\.py$", told.stderr, re.MULTILINE)
    assert re.findall(r"code object from (/\S+\.py)$", told.stderr, re.MULTILINE) == []


def test_dbt_reaches_its_warehouse() -> None:
    told = run("transformer", "dbt", "--", "debug", "--connection")  # else it wants git, too
    assert "OK connection ok" in told


def test_duckdb_has_its_client_of_s3() -> None:
    script = """
import duckdb
from gamemarket.duckdb_lake import _httpfs
duckdb.execute(f"load '{_httpfs()}'")
"""
    run("transformer", "-c", script, options=("--entrypoint", "/app/bin/python"))


def test_the_reporter_draws_without_a_network() -> None:
    script = """
import altair
from reporter.charts.svg import draw_svg
bars = altair.Chart(altair.InlineData(values=[{"n": 1}])).mark_bar().encode(x="n:Q")
print(draw_svg(bars, "picture"))
"""
    assert "<svg" in run("reporter", "-c", script, options=("--entrypoint", "/app/bin/python"))


def test_dagsters_definitions_load(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    folder = ("--volume", f"{tmp_path}:/manifest")
    run("transformer", "manifest", "--output", "/manifest", options=folder)
    script = """
from orchestrator.definitions import defs
import dagster_docker, dagster_postgres
print(len(list(defs().resolve_all_asset_keys())))
"""
    options = (*folder, "--env", "DBT_MANIFEST=/manifest/manifest.json")
    python = ("--entrypoint", "/app/bin/python")
    assert int(run("orchestrator", "-c", script, options=(*options, *python))) > 20


@pytest.mark.parametrize("program", ["dagster", "dagster-webserver", "dagster-daemon"])
def test_dagsters_programs_are_there(program: str) -> None:
    options = ("--entrypoint", f"/app/bin/{program}")
    assert "1.13" in run("orchestrator", "--version", options=options)


def test_the_engine_tells_a_stage_that_wants_more_memory_than_it_may_have() -> None:
    limit = ("--memory", "32m", "--memory-swap", "32m", "--entrypoint", "/app/bin/python")
    eat = "bytearray(b'x' * 10**9)"
    container = docker("run", "--detach", *limit, image_of("extractor"), "-c", eat).stdout.strip()
    try:
        docker("wait", container)
        [shown] = json.loads(docker("inspect", container).stdout)
        assert "want of memory" in explain_end(shown["State"], "extractor", "32m")
    finally:
        docker("rm", "--force", container)


def test_a_signal_reaches_the_process() -> None:
    started = docker("run", "--detach", *HARDENED, "--tmpfs", "/tmp", image_of("sandbox"), "serve")
    container = started.stdout.strip()
    try:
        log = subprocess.Popen(
            ["docker", "logs", "--follow", container], stdout=subprocess.PIPE, text=True
        )
        assert log.stdout
        assert "url" in log.stdout.readline()
        docker("stop", "--time", "30", container)
        assert docker("wait", container).stdout.strip() == "143"  # not 137: nobody had to kill it
        log.communicate(timeout=30)
    finally:
        docker("rm", "--force", container)
