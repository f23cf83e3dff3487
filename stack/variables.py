"""The stack's .env: read as compose reads it, and made with passwords of its own where there is none."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from stack.errors import StackError

__all__ = ["PASSWORDS", "make_env_file", "read_variables"]

PASSWORDS: Final = (
    "STORE_PASSWORD",
    "POSTGRES_PASSWORD",
    "DAGSTER_PASSWORD",
    "MARTS_PASSWORD",
    "REPORTER_PASSWORD",
)
_REQUIRED: Final = ("STORE_USER", *PASSWORDS)
_LINE: Final = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
# MinIO's own rule; and in a URL only these stand for themselves.
_GOOD_PASSWORD: Final = re.compile(r"[A-Za-z0-9._~-]{8,}")


def make_env_file(example: Path, file: Path) -> None:
    """Copies the example with a password of its own at each of its lines; nobody else can read it."""
    text = example.read_text()
    for name in PASSWORDS:
        text = re.sub(
            rf"^#?{name}=.*$", f"{name}={secrets.token_hex(16)}", text, flags=re.MULTILINE
        )
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w") as made:
        made.write(text)


def read_variables(file: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The file's variables below the environment's, as compose has it; StackError says what is missing."""
    lines = (_LINE.fullmatch(line.strip()) for line in file.read_text().splitlines())
    variables = {line[1]: line[2].strip("\"'") for line in lines if line} | dict(environment)
    missing = [name for name in _REQUIRED if not variables.get(name)]
    if missing:
        raise StackError(
            f"{file.name} has no value for {', '.join(missing)}: give one (.env.example explains "
            f"it), or remove {file.name} and start again to get one with passwords of its own."
        )
    bad = [name for name in PASSWORDS if not _GOOD_PASSWORD.fullmatch(variables[name])]
    if bad:
        raise StackError(
            f"{', '.join(bad)} in {file.name} can't be used: take 8 characters or more of "
            "letters, digits and . _ ~ -"
        )
    return variables
