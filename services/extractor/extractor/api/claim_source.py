"""Which API a lake holds: the sandbox's games and RAWG's must never mix.

The ids are the same, the games are not. The first good page claims the lake for its API's host; a wrong
host that answers nothing claims nothing.
"""

from __future__ import annotations

import threading

from pydantic import BaseModel, ValidationError

from gamemarket.errors import LakeError, MissingObjectError, UsageError
from gamemarket.lake import Lake
from gamemarket.lake_keys import SourceKey


class _Claim(BaseModel):
    host: str


class SourceClaim:
    """The claim of one source's host on a lake."""

    def __init__(self, lake: Lake, source: str, host: str) -> None:
        """Takes the host without its port: a sandbox may come back on another one."""
        self._lake = lake
        self._key = SourceKey(source=source)
        self._host = host
        self._lock = threading.Lock()
        self._is_ours = False

    def check(self) -> None:
        """UsageError when the lake holds another API's data; it may hold none yet."""
        try:
            held = _Claim.model_validate_json(self._lake.get(self._key)).host
        except MissingObjectError:
            return
        except ValidationError:
            raise LakeError(
                f"{self._key} does not say which API the lake {self._lake.uri} holds: something else "
                "wrote it. Put the original back; or remove it, and the next run claims the lake."
            ) from None
        if held != self._host:
            raise UsageError(
                f"The lake {self._lake.uri} holds data of {held}, not of {self._host}. Set "
                f"GAME_MARKET_HOME (or DATA_LAKE_DIR, DATA_LAKE_BUCKET) to another lake, or the "
                f"base URL to {held}."
            )
        self._is_ours = True

    def make(self) -> None:
        """Claims the lake, once; UsageError when another API was faster."""
        with self._lock:
            if not self._is_ours:
                body = _Claim(host=self._host).model_dump_json().encode() + b"\n"
                self._lake.put_if_absent(self._key, body)
                self.check()
