"""What can be wrong with a stack, in one sentence for whoever starts it."""

from __future__ import annotations

__all__ = ["StackError", "UsageError"]


class StackError(Exception):
    """Says what was tried, what came back and what to do; ends the command with `exit_code`."""

    exit_code = 69


class UsageError(StackError):
    """What was asked for can't be."""

    exit_code = 64
