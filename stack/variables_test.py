from __future__ import annotations

import stat
from pathlib import Path

import pytest

from stack.cli import find_variables
from stack.errors import StackError
from stack.variables import PASSWORDS, make_env_file, read_variables

EXAMPLE = Path.cwd() / ".env.example"


def test_a_made_env_file_has_passwords_that_differ_and_is_its_owners(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    make_env_file(EXAMPLE, file)
    variables = read_variables(file, {})
    assert len({variables[name] for name in PASSWORDS}) == len(PASSWORDS)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    make_env_file(EXAMPLE, file)
    assert read_variables(file, {"STORE_USER": "other"})["STORE_USER"] == "other"


def test_a_variable_without_a_value_is_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(EXAMPLE.read_text())
    with pytest.raises(StackError, match="no value for STORE_PASSWORD, POSTGRES_PASSWORD"):
        read_variables(file, {})


@pytest.mark.parametrize(
    "password", ["short", "with space in it", "with@at.sign/in", "dollar$$1234"]
)
def test_a_password_that_a_url_or_the_store_would_refuse_is_named(
    tmp_path: Path, password: str
) -> None:
    file = tmp_path / ".env"
    make_env_file(EXAMPLE, file)
    with pytest.raises(StackError, match=r"MARTS_PASSWORD in \.env can't be used"):
        read_variables(file, {"MARTS_PASSWORD": password})


def test_without_a_key_the_sandbox_is_the_api(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text(EXAMPLE.read_text())
    assert find_variables(tmp_path, {})["COMPOSE_PROFILES"] == "sandbox"
    with_key = find_variables(tmp_path, {"RAWG_API_KEY": "a-key"})
    assert "COMPOSE_PROFILES" not in with_key
    assert "RAWG_BASE_URL" not in with_key
