"""Refusing calls that come too fast: for tests of a client's pace."""

import math
from typing import Any

from rawg_sandbox.trigger import RuleError


class RateLimit:
    """A bucket of one second's calls, filled evenly; who finds it empty closes it for a while.

    A steady client at the limit is never refused, whatever its jitter. Times are seconds of
    any steady clock.
    """

    def __init__(self, per_second: float | None = None, retry_after: int = 1) -> None:
        """Without a limit all calls pass."""
        self.set(per_second, retry_after)

    def set(self, per_second: object, retry_after: object = 1) -> None:
        """Begin anew with a full bucket. Raises RuleError."""
        if per_second is not None and not (
            isinstance(per_second, int | float)
            and not isinstance(per_second, bool)
            and 0 < per_second < math.inf
        ):
            raise RuleError(f"per_second must be a number above 0 or null, not {per_second!r}")
        if not isinstance(retry_after, int) or retry_after < 0:
            raise RuleError(f"retry_after must be whole seconds, not {retry_after!r}")
        self.per_second = per_second
        self.retry_after = retry_after
        self.refused = 0
        self._left = self._capacity = max(1.0, per_second or 1.0)
        self._filled_at = self._closed_until = -math.inf

    def put(self, wanted: object) -> None:
        """Set what was read from JSON. Raises RuleError."""
        known = {"per_second", "retry_after"}
        if not isinstance(wanted, dict) or not {"per_second"} <= wanted.keys() <= known:
            raise RuleError("the body must be a JSON object with 'per_second' ('retry_after')")
        self.set(**wanted)

    def report(self) -> dict[str, Any]:
        names = ("per_second", "retry_after", "refused")
        return {name: getattr(self, name) for name in names}

    def refuse(self, now: float) -> int | None:
        """Count a call; return the seconds of its Retry-After if it comes too early."""
        if self.per_second is None:
            return None
        if now >= self._closed_until:
            filled = (now - self._filled_at) * self.per_second
            self._left = min(self._capacity, self._left + filled)
            self._filled_at = now
            if self._left >= 1:
                self._left -= 1
                return None
            self._closed_until = now + self.retry_after
        self.refused += 1
        # Rounded: a sum of floats less one of them is not the other.
        return math.ceil(round(self._closed_until - now, 6))
