"""The stack's .env: the user's settings, and below them what the last start found.

Compose reads this file by itself and nothing else. So all that `make start` finds stands in it, and
`docker compose up -d` or `restart` by hand make the same containers.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from stack.dotenv import parse_dotenv, quote, set_value
from stack.errors import SettingError

__all__ = ["PASSWORDS", "REQUIRED", "EnvFile", "fill_in"]

# Postgres keeps the passwords that its volume was made with.
_POSTGRES_PASSWORDS: Final = (
    "POSTGRES_PASSWORD",
    "DAGSTER_PASSWORD",
    "MARTS_PASSWORD",
    "REPORTER_PASSWORD",
)
PASSWORDS: Final = ("STORE_PASSWORD", "LAKE_PASSWORD", *_POSTGRES_PASSWORDS)
# Without one of these compose refuses every command, or names the stack after its folder.
REQUIRED: Final = ("COMPOSE_PROJECT_NAME", "STORE_USER", *PASSWORDS)
# What a start finds by itself; all else of what it writes is the environment's.
_LOOKED_UP: Final = (
    "COMPOSE_PROFILES",
    "DOCKER_GID",
    "SANDBOX_API_KEY",
    "SANDBOX_BASE_URL",
    "STACK_APIS",
    "TRANSFORMER_ID",
)
_BEGIN: Final = (
    "# ---- Found by `make start`, which writes these lines anew: yours stand above. ----\n"
)
_END: Final = "# ---- The end of what was found. ----\n"


@dataclass(frozen=True)
class EnvFile:
    """`text` is the user's part, `found` what the last start wrote below it."""

    path: Path
    text: str
    found: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> EnvFile:
        """Empty where there is no file; SettingError for one that compose can't read either."""
        try:
            # -sig: as compose v2 has it, the mark (BOM) of Windows' editors is no part of a name.
            text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
        except UnicodeDecodeError:
            raise SettingError(
                f"{path.name} is no UTF-8 text (PowerShell's `>` makes such files): save it as UTF-8."
            ) from None
        above, _, rest = text.partition(_BEGIN)
        block, _, below = rest.partition(_END)
        return cls(path, above + below, parse_dotenv(block))

    def own(self, environment: Mapping[str, str]) -> dict[str, str]:
        """What the user says: the file's settings below the environment's, as compose has it."""
        return {**parse_dotenv(self.text), **self.clean(environment)}

    def all(self, environment: Mapping[str, str]) -> dict[str, str]:
        """What compose sees."""
        return {**parse_dotenv(self.text), **self.found, **self.clean(environment)}

    def clean(self, environment: Mapping[str, str]) -> dict[str, str]:
        """An environment without what a shell has from this file (`. ./.env`): it may be old."""
        ours = {name: self.found.get(name) for name in _LOOKED_UP}
        return {name: value for name, value in environment.items() if ours.get(name) != value}

    def find_given(self, environment: Mapping[str, str], compose: str) -> dict[str, str]:
        """What of compose's variables only the environment says: by hand, compose would not know it."""
        text = parse_dotenv(self.text)
        names = sorted(set(re.findall(r"\$\{([A-Z0-9_]+)", compose)) & environment.keys())
        return {name: environment[name] for name in names if text.get(name) != environment[name]}

    def write(self) -> None:
        """Replaces the file in one step; nobody else can read it."""
        block = "".join(f"{name}={quote(value)}\n" for name, value in self.found.items())
        path = self.path.resolve()
        new = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as written:
            written.write(f"{self.text.rstrip()}\n\n{_BEGIN}{block}{_END}" if block else self.text)
        new.replace(path)


def fill_in(
    file: EnvFile, example: Path, environment: Mapping[str, str], has_database: Callable[[], bool]
) -> EnvFile:
    """The file with a value for all that must have one: what was empty is a password of its own.

    Made from the example where there is none. SettingError names what only the user can give.
    """
    if not file.text:
        file = replace(file, text=example.read_text())
    given = file.own(environment)
    empty = [name for name in REQUIRED if not given.get(name)]
    kept = [name for name in empty if name in _POSTGRES_PASSWORDS]
    if kept and has_database():
        raise SettingError(
            f"{file.path.name} has no value for {', '.join(kept)}, and the stack's Postgres was "
            "made with one: put it back (`docker inspect` of its container shows it), or begin "
            "anew by `make clean`, which removes all data."
        )
    for name in empty:
        value = secrets.token_hex(16) if name in PASSWORDS else "game-market"
        file = replace(file, text=set_value(file.text, name, value))
    if empty:
        print(f"Given a value of its own in {file.path.name}: {', '.join(empty)}.")
    return file
