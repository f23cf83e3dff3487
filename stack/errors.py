"""What can be wrong with a stack, in one sentence for whoever starts it."""

from __future__ import annotations

__all__ = ["StackError"]


class StackError(Exception):
    """Says what was tried, what came back and what to do; ends the command with 69."""
