"""The sandbox's own calls under /_sandbox/: clock, quota, counters, faults, truth. They need no
key and are not counted."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

import orjson

from rawg_sandbox.api import LISTS, Answer, RawgApi
from rawg_sandbox.calls import CallLog
from rawg_sandbox.clock import SandboxClock
from rawg_sandbox.faults import Faults
from rawg_sandbox.move_rules import MoveRules
from rawg_sandbox.rate_limit import RateLimit

PREFIX: Final = "/_sandbox/"

HELP: Final = {
    "GET /_sandbox/clock": "the sandbox's time",
    "POST /_sandbox/clock": 'move it: {"now": "2024-01-02T06:00:00Z"}',
    "GET /_sandbox/calls": "API calls: total, by endpoint, status, request, faults; ?times=1: when",
    "POST /_sandbox/calls/reset": "count from zero again",
    "GET /_sandbox/quota": "the limit and what is used of it",
    "POST /_sandbox/quota": 'allow so many calls from now on: {"limit": 20000}, null: any number',
    "GET /_sandbox/faults": "the rules, and how often each spoiled an answer",
    "POST /_sandbox/faults": 'rules instead of these: [{"kind": "502", "first": 1}], []: none',
    "DELETE /_sandbox/faults": "no faults any more",
    "GET /_sandbox/moves": "the rules that move lists, and what they moved",
    "POST /_sandbox/moves": 'rules instead of these: [{"kind": "delete", "after": 3, "rows": 2}]',
    "DELETE /_sandbox/moves": "no rules any more, and the pure catalogue again",
    "GET /_sandbox/rate_limit": "the limit, and how many calls it refused",
    "POST /_sandbox/rate_limit": '{"per_second": 5, "retry_after": 2}; per_second null: no limit',
    "GET /_sandbox/truth": "all rows of a list: ?endpoint=games&updated=2024-01-01,2024-01-01",
}
# What stands in the body's only member; other settings take the body whole.
_MEMBERS: Final = {"clock": "now", "quota": "limit"}


class Setting(Protocol):
    """Something that can be looked at and set."""

    def report(self) -> dict[str, Any]:
        """Return it, ready for JSON."""

    def put(self, value: object, /) -> None:
        """Set it to what was read from JSON. Raises ValueError with a sentence."""


class Control:
    """Answers control calls."""

    def __init__(
        self,
        api: RawgApi,
        clock: SandboxClock,
        calls: CallLog,
        faults: Faults,
        rate_limit: RateLimit,
        moves: MoveRules,
    ) -> None:
        self._api = api
        self._clock = clock
        self._calls = calls
        self._rules: dict[str, Faults | MoveRules] = {"faults": faults, "moves": moves}
        self._settings: dict[str, Setting] = {
            "clock": clock,
            "quota": api.quota,
            "rate_limit": rate_limit,
            **self._rules,
        }

    def answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        """Answer one call; 400 with a sentence for a bad one, 404 with the list of calls."""
        if method == "GET" and path in (PREFIX, PREFIX.rstrip("/")):
            return Answer(200, orjson.dumps(HELP))
        if f"{method} {path}" not in HELP:
            return Answer(404, orjson.dumps({"error": "no such call", "calls": HELP}))
        try:
            result = self._act(method, path.removeprefix(PREFIX), query, body)
        except ValueError as error:
            return Answer(400, orjson.dumps({"error": str(error)}))
        return Answer(200, orjson.dumps(result, option=orjson.OPT_NON_STR_KEYS))

    def _act(self, method: str, name: str, query: Mapping[str, str], body: bytes) -> dict[str, Any]:
        match name:
            case "calls":
                return self._calls.report(with_times=query.get("times") == "1")
            case "calls/reset":
                self._calls.reset()
                return self._calls.report()
            case "truth":
                return self._tell_truth(query)
        setting = self._settings[name]
        if method == "POST":
            setting.put(_read(body, _MEMBERS.get(name)))
        elif method == "DELETE":
            self._rules[name].clear()
        return setting.report()

    def _tell_truth(self, query: Mapping[str, str]) -> dict[str, Any]:
        endpoint = query.get("endpoint", "games")
        if endpoint not in LISTS:
            raise ValueError(f"endpoint must be one of {', '.join(sorted(LISTS))}")
        return self._api.source.tell_truth(endpoint, query, self._clock.catalogue_moment())


def _read(body: bytes, member: str | None) -> object:
    try:
        value: object = orjson.loads(body)[member] if member else orjson.loads(body)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        wanted = f"a JSON object with {member!r}" if member else "JSON"
        raise ValueError(f"the body must be {wanted}") from None
    return value
