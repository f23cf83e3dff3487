"""The sandbox's own calls under /_sandbox/: clock, quota, counters, truth. They need no key and
are not counted."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from rawg_sandbox.api import LISTS, Answer, RawgApi
from rawg_sandbox.calls import CallLog
from rawg_sandbox.clock import SandboxClock, moment_iso, parse_moment

PREFIX: Final = "/_sandbox/"

HELP: Final = {
    "GET /_sandbox/clock": "the sandbox's time",
    "POST /_sandbox/clock": 'move it: {"now": "2024-01-02T06:00:00Z"}',
    "GET /_sandbox/calls": "API calls: total, by endpoint, by status, by request",
    "POST /_sandbox/calls/reset": "count from zero again",
    "GET /_sandbox/quota": "the limit and what is used of it",
    "POST /_sandbox/quota": 'allow so many calls from now on: {"limit": 20000}, null: any number',
    "GET /_sandbox/truth": "all rows of a list: ?endpoint=games&updated=2024-01-01,2024-01-01",
}


class ControlError(Exception):
    """A control call that cannot be done; its text tells the caller why."""


class Control:
    """Answers control calls."""

    def __init__(self, api: RawgApi, clock: SandboxClock, calls: CallLog) -> None:
        """Act upon these."""
        self._api = api
        self._clock = clock
        self._calls = calls

    def answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        """Answer one call; 400 with a sentence for a bad one, 404 with the list of calls."""
        try:
            result = self._act(f"{method} {path}", query, body)
        except ControlError as error:
            return Answer(400, orjson.dumps({"error": str(error)}))
        if result is None:
            return Answer(404, orjson.dumps({"error": "no such call", "calls": HELP}))
        return Answer(200, orjson.dumps(result, option=orjson.OPT_NON_STR_KEYS))

    def _act(self, call: str, query: Mapping[str, str], body: bytes) -> Mapping[str, Any] | None:
        match call:
            case "GET /_sandbox/" | "GET /_sandbox":
                return HELP
            case "GET /_sandbox/clock":
                return self._tell_clock()
            case "POST /_sandbox/clock":
                return self._set_clock(_read(body, "now"))
            case "GET /_sandbox/calls":
                return self._calls.report()
            case "POST /_sandbox/calls/reset":
                self._calls.reset()
                return self._calls.report()
            case "GET /_sandbox/quota":
                return self._tell_quota()
            case "POST /_sandbox/quota":
                return self._set_quota(_read(body, "limit"))
            case "GET /_sandbox/truth":
                return self._tell_truth(query)
        return None

    def _tell_clock(self) -> dict[str, Any]:
        return {"now": moment_iso(self._clock.now()), "ticks": self._clock.ticks}

    def _set_clock(self, now: object) -> dict[str, Any]:
        try:
            self._clock.set(parse_moment(str(now)))
        except ValueError as error:
            raise ControlError(str(error)) from error
        return self._tell_clock()

    def _tell_quota(self) -> dict[str, Any]:
        return {"limit": self._api.quota.limit, "used": self._api.quota.used}

    def _set_quota(self, limit: object) -> dict[str, Any]:
        if limit is not None and (not isinstance(limit, int) or limit < 0):
            raise ControlError(f"limit must be a number of calls or null, not {limit!r}")
        self._api.quota.set(limit)
        return self._tell_quota()

    def _tell_truth(self, query: Mapping[str, str]) -> dict[str, Any]:
        endpoint = query.get("endpoint", "games")
        if endpoint not in LISTS:
            raise ControlError(f"endpoint must be one of {', '.join(sorted(LISTS))}")
        return self._api.source.tell_truth(endpoint, query, self._clock.catalogue_moment())


def _read(body: bytes, name: str) -> object:
    try:
        value: object = orjson.loads(body)[name]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise ControlError(f"the body must be a JSON object with {name!r}") from None
    return value
