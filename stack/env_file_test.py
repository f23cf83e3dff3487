from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from stack.dotenv import parse_dotenv
from stack.env_file import PASSWORDS, REQUIRED, EnvFile, fill_in
from stack.errors import SettingError

EXAMPLE = Path.cwd() / ".env.example"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def fill(path: Path, *, has_database: bool = False, **environment: str) -> dict[str, str]:
    file = fill_in(EnvFile.read(path), EXAMPLE, environment, lambda: has_database)
    file.write()
    return parse_dotenv(path.read_text())


def test_a_made_file_has_passwords_that_differ_and_is_its_owners(path: Path) -> None:
    variables = fill(path)
    assert len({variables[name] for name in PASSWORDS}) == len(PASSWORDS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_copied_example_with_a_key_gets_its_passwords_in_place(path: Path) -> None:
    copied = EXAMPLE.read_text().replace("#RAWG_API_KEY=", "RAWG_API_KEY=abc # mine")
    path.write_text(copied)
    path.chmod(0o644)
    variables = fill(path)
    assert variables["RAWG_API_KEY"] == "abc"
    assert all(variables[name] for name in REQUIRED)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    after = path.read_text()
    for name in PASSWORDS:
        after = after.replace(variables[name], "")
    assert after == copied


def test_the_mark_of_a_windows_editor_is_no_part_of_the_first_name(path: Path) -> None:
    path.write_bytes("\ufeffRAWG_API_KEY=abc\r\nDAGSTER_PORT=3001\r\n".encode())
    assert EnvFile.read(path).own({}) == {"RAWG_API_KEY": "abc", "DAGSTER_PORT": "3001"}
    assert fill(path)["RAWG_API_KEY"] == "abc"


def test_a_file_that_is_no_utf_8_is_one_sentence(path: Path) -> None:
    path.write_text("RAWG_API_KEY=abc\n", encoding="utf-16")
    with pytest.raises(SettingError, match="no UTF-8"):
        EnvFile.read(path)


def test_what_is_missing_altogether_gets_a_line(path: Path) -> None:
    path.write_text("RAWG_API_KEY=abc\n")
    variables = fill(path)
    assert variables["RAWG_API_KEY"] == "abc"
    assert variables["COMPOSE_PROJECT_NAME"] == variables["STORE_USER"] == "game-market"
    assert all(variables[name] for name in REQUIRED)


def test_what_the_environment_gives_is_not_given_again(path: Path) -> None:
    assert fill(path, STORE_PASSWORD="the-environments")["STORE_PASSWORD"] == ""


def test_a_password_that_postgres_was_made_with_is_the_users_to_give(path: Path) -> None:
    made = fill(path)["REPORTER_PASSWORD"]
    path.write_text(path.read_text().replace(made, ""))
    before = path.read_text()
    with pytest.raises(SettingError, match=r"no value for REPORTER_PASSWORD, .*put it back"):
        fill(path, has_database=True)
    assert path.read_text() == before


def test_the_stores_password_is_no_volumes(path: Path) -> None:
    made = fill(path)["STORE_PASSWORD"]
    path.write_text(path.read_text().replace(made, ""))
    assert fill(path, has_database=True)["STORE_PASSWORD"] not in ("", made)


def test_what_was_found_stands_below_the_users_lines_and_is_written_anew(path: Path) -> None:
    path.write_text("A=1\n")
    replace(EnvFile.read(path), found={"FOUND": "old", "GONE": "x"}).write()
    path.write_text(path.read_text() + "B=2\n")  # appended below
    file = EnvFile.read(path)
    assert file.found == {"FOUND": "old", "GONE": "x"}
    assert parse_dotenv(file.text) == {"A": "1", "B": "2"}
    replace(file, found={"FOUND": "new"}).write()
    assert parse_dotenv(path.read_text()) == {"A": "1", "B": "2", "FOUND": "new"}
    once = path.read_text()
    EnvFile.read(path).write()
    assert path.read_text() == once


def test_a_shell_that_has_read_the_file_does_not_hold_it_to_what_was_found_then(path: Path) -> None:
    path.write_text("A=1\n")
    replace(EnvFile.read(path), found={"TRANSFORMER_ID": "old"}).write()
    file = EnvFile.read(path)
    assert file.own({"TRANSFORMER_ID": "old", "B": "2"}) == {"A": "1", "B": "2"}
    assert file.own({"TRANSFORMER_ID": "given"})["TRANSFORMER_ID"] == "given"


def test_a_link_to_a_file_stays_one(path: Path) -> None:
    target = path.with_name("elsewhere")
    target.write_text("A=1\n")
    path.symlink_to(target)
    replace(EnvFile.read(path), found={"FOUND": "x"}).write()
    assert path.is_symlink()
    assert parse_dotenv(target.read_text()) == {"A": "1", "FOUND": "x"}
