"""What must hold of docker-compose.yml whatever else changes."""

from __future__ import annotations

import re
from pathlib import Path

COMPOSE = Path.cwd().joinpath("docker-compose.yml").read_text()
EXAMPLE = Path.cwd().joinpath(".env.example").read_text()
SERVICES = dict(
    re.findall(
        r"^  ([a-z-]+):\n((?:    .*\n|\n|  #.*\n)+)",
        COMPOSE[COMPOSE.index("\nservices:") : COMPOSE.index("\nnetworks:")],
        re.M,
    )
)


def test_every_port_is_this_machines_own() -> None:
    published = [
        line.strip()
        for body in SERVICES.values()
        for line in body.splitlines()
        if re.search(r"\}:\d+$", line)
    ]
    assert len(published) == 5
    assert all(line.startswith("- 127.0.0.1:") for line in published)


def test_the_code_location_alone_has_the_engines_socket() -> None:
    assert [name for name, body in SERVICES.items() if "docker.sock" in body] == ["code-location"]


def test_every_service_has_a_limit_of_memory() -> None:
    assert [name for name, body in SERVICES.items() if "mem_limit:" not in body] == []


def test_no_service_fills_the_disk_with_its_log() -> None:
    rotated = ("logging: *logging", "<<: *hardened", "<<: *dagster")  # the latter two have it
    assert [name for name, body in SERVICES.items() if not any(map(body.count, rotated))] == []
    assert re.search(r"^x-hardened:.*\n  logging: \*logging$", COMPOSE, re.M)
    assert re.search(r"^x-dagster:.*\n  <<: \*hardened$", COMPOSE, re.M)


def test_every_server_has_a_health_check_but_the_daemon_whose_reports_are_read() -> None:
    steps_and_stages = {"bucket", "dbt-manifest", "extractor", "transformer", "reporter"}
    without = {name for name, body in SERVICES.items() if "healthcheck:" not in body}
    assert without - steps_and_stages == {"daemon"}


def test_every_variable_is_in_the_example_or_found_by_start() -> None:
    found = {"SANDBOX_API_KEY", "SANDBOX_BASE_URL", "TRANSFORMER_ID"}
    used = set(re.findall(r"\$\{([A-Z0-9_]+)", COMPOSE)) - found
    assert used <= set(re.findall(r"^#?([A-Z0-9_]+)=", EXAMPLE, re.M))


def test_no_password_has_a_default() -> None:
    assert re.findall(r"\$\{[A-Z_]*PASSWORD:-", COMPOSE) == []


def test_what_is_mounted_of_the_checkout_has_its_label_of_selinux() -> None:
    mounts = re.findall(r"- \./(\S+)", COMPOSE)
    assert len(mounts) == 4
    assert all(mount.endswith(",z") for mount in mounts)


def test_no_stage_and_nothing_of_dagster_has_the_stores_root() -> None:
    assert [name for name, body in SERVICES.items() if "${STORE_" in body] == ["store", "bucket"]
    assert "${STORE_" not in COMPOSE[: COMPOSE.index("\nservices:")]
