"""The syntax of .env files, as compose v2 has it (docs.docker.com: "Syntax for environment files").

Without interpolation: nothing that the stack's commands read of the file holds a `$`.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["parse_dotenv", "quote", "set_value"]

_ASSIGNMENT: Final = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)[ \t]*[=:][ \t]*
    (?: '(?P<single>[^']*)'
      | "(?P<double>(?:\\.|[^"\\])*)"
      | (?P<bare>[^\n]*) )""",
    re.MULTILINE | re.VERBOSE,
)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}


def parse_dotenv(text: str) -> dict[str, str]:
    """The variables of a file: of two lines with one name the last counts.

    `KEY=a b # note` is `a b`, `KEY='a # b'` and `KEY="a # b"` are `a # b`, `KEY=a#b` is `a#b`; and
    `KEY= # note` is `# note`.
    """
    return {found["name"]: _read_value(found) for found in _ASSIGNMENT.finditer(text)}


def _read_value(found: re.Match[str]) -> str:
    if found["single"] is not None:
        return found["single"]
    if found["double"] is not None:
        return re.sub(r"\\(.)", lambda one: _ESCAPES.get(one[1], one[1]), found["double"])
    return re.sub(r" #.*", "", found["bare"]).strip()


def quote(value: str) -> str:
    """The value as a line of the file takes it, so that compose does not interpolate it either."""
    if re.fullmatch(r"[\w./:@%+,=~-]*", value):
        return value
    escaped = re.sub(r'([\\"$])', r"\\\1", value)
    return f"'{value}'" if "'" not in value else f'"{escaped}"'


def set_value(text: str, name: str, value: str) -> str:
    """The text with a value in the line that has none, be it commented out; else in a new line."""
    empty = re.compile(rf"""^#?(?:export )?{name}=(?:''|"")?[ \t]*(?= #|$)""", re.MULTILINE)
    given = f"{name}={value}"
    if empty.search(text):
        return empty.sub(given, text, count=1)
    return f"{text.rstrip()}\n{given}\n".lstrip()
