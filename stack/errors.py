"""What can be wrong with a stack, in one sentence for whoever starts it."""

from __future__ import annotations

from typing import ClassVar

__all__ = ["SettingError", "StackError"]


class StackError(Exception):
    """Says what was tried, what came back and what to do; ends the command with 69."""

    exit_code: ClassVar[int] = 69


class SettingError(StackError):
    """A value that can't be, of .env or of a command; ends the command with 64."""

    exit_code: ClassVar[int] = 64
