""".env.example lists every setting that is read, each with its line, and nothing that is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gamemarket.endpoints import load_endpoints
from gamemarket.settings import Settings

TREE = Path.cwd()  # Pants' sandbox for this test, which holds these files (see the BUILD file)
EXAMPLE = TREE / ".env.example"
PROFILES = TREE / "analytics/profiles.yml"

SET_BY_THE_RUNTIME = {"PEX"}
READ_BY_BOTO3 = {
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
}
READ_BY_DEVELOPMENT = {
    "ORCHESTRATOR_COMMAND",
    "PANTS_BOOTSTRAP_CACHE",
    "PANTS_PYTHON",
    "PIP_CERT",
    "PIP_INDEX_URL",
    "SANDBOX_COMMAND",
    "XDG_DATA_HOME",
}
READ_BY_COMPOSE = {
    "COMPOSE_PROJECT_NAME",
    "DAGSTER_PASSWORD",
    "DAGSTER_PORT",
    "DOCKER_GID",
    "DOCKER_SOCKET",
    "LAKE_PASSWORD",
    "MARTS_PASSWORD",
    "ORCHESTRATOR_IMAGE",
    "POSTGRES_IMAGE",
    "POSTGRES_PASSWORD",
    "POSTGRES_PORT",
    "REPORTER_PASSWORD",
    "REPORT_PORT",
    "S3_CONSOLE_PORT",
    "S3_IMAGE",
    "S3_PORT",
    "SANDBOX_IMAGE",
    "STACK_BUCKET",
    "STORE_PASSWORD",
    "STORE_USER",
}
VARIABLE = re.compile(r"#?([A-Z][A-Z0-9_]*)=")


def listed() -> list[str]:
    return [match[1] for match in map(VARIABLE.match, EXAMPLE.read_text().splitlines()) if match]


def settings() -> set[str]:
    names = {str(field.validation_alias) for field in Settings.model_fields.values()}
    of_sources = {
        variable
        for source in load_endpoints().sources.values()
        for variable in (source.key_variable, source.base_url_variable)
    }
    return (names | of_sources) - SET_BY_THE_RUNTIME


def test_every_setting_has_its_line_and_no_line_is_left_over() -> None:
    assert set(listed()) - READ_BY_BOTO3 - READ_BY_DEVELOPMENT - READ_BY_COMPOSE == settings()


def test_no_setting_is_listed_twice() -> None:
    assert len(listed()) == len(set(listed()))


def test_what_dbts_profiles_read_is_a_setting() -> None:
    read = set(re.findall(r"env_var\('(\w+)'", PROFILES.read_text()))
    assert read
    assert read <= settings()


def test_a_line_of_explanation_stands_above_every_setting() -> None:
    lines = EXAMPLE.read_text().splitlines()
    alone = [
        line
        for above, line in zip(["", *lines], lines, strict=False)
        if VARIABLE.match(line) and not above.startswith("# ")
    ]
    assert alone == []


@pytest.mark.parametrize("name", ["RAWG_API_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
def test_no_secret_has_a_value(name: str) -> None:
    assert re.search(rf"^#?{name}=$", EXAMPLE.read_text(), re.MULTILINE)
