"""The sandbox's own calls under /_sandbox/: clock, quota, counters, faults, truth. They need no
key and are not counted."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from rawg_sandbox.api import LISTS, Answer, RawgApi
from rawg_sandbox.calls import CallLog
from rawg_sandbox.clock import SandboxClock, moment_iso, parse_moment
from rawg_sandbox.faults import Faults
from rawg_sandbox.move_rules import MoveRules
from rawg_sandbox.rate_limit import RateLimit
from rawg_sandbox.trigger import RuleError

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

_RATE_LIMIT: Final = {"per_second", "retry_after"}


class ControlError(Exception):
    """A control call that cannot be done; its text tells the caller why."""


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
        self._faults = faults
        self._rate_limit = rate_limit
        self._moves = moves

    def answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        """Answer one call; 400 with a sentence for a bad one, 404 with the list of calls."""
        try:
            result = self._act(f"{method} {path}", query, body)
        except (ControlError, RuleError) as error:
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
                return self._calls.report(with_times=query.get("times") == "1")
            case "POST /_sandbox/calls/reset":
                self._calls.reset()
                return self._calls.report()
            case "GET /_sandbox/quota":
                return self._tell_quota()
            case "POST /_sandbox/quota":
                return self._set_quota(_read(body, "limit"))
            case "GET /_sandbox/faults":
                return self._faults.report()
            case "POST /_sandbox/faults":
                return self._set_faults(_parse(body))
            case "DELETE /_sandbox/faults":
                return self._set_faults([])
            case "GET /_sandbox/moves":
                return self._moves.report()
            case "POST /_sandbox/moves":
                self._moves.set(_parse(body))
                return self._moves.report()
            case "DELETE /_sandbox/moves":
                self._moves.clear()
                return self._moves.report()
            case "GET /_sandbox/rate_limit":
                return self._tell_rate_limit()
            case "POST /_sandbox/rate_limit":
                return self._set_rate_limit(_parse(body))
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

    def _set_faults(self, rules: object) -> dict[str, Any]:
        self._faults.set(rules)
        return self._faults.report()

    def _tell_rate_limit(self) -> dict[str, Any]:
        limit = self._rate_limit
        return {
            "per_second": limit.per_second,
            "retry_after": limit.retry_after,
            "refused": limit.refused,
        }

    def _set_rate_limit(self, wanted: object) -> dict[str, Any]:
        if not isinstance(wanted, dict) or not {"per_second"} <= wanted.keys() <= _RATE_LIMIT:
            raise ControlError("the body must be a JSON object with 'per_second' ('retry_after')")
        self._rate_limit.set(**wanted)
        return self._tell_rate_limit()

    def _tell_truth(self, query: Mapping[str, str]) -> dict[str, Any]:
        endpoint = query.get("endpoint", "games")
        if endpoint not in LISTS:
            raise ControlError(f"endpoint must be one of {', '.join(sorted(LISTS))}")
        return self._api.source.tell_truth(endpoint, query, self._clock.catalogue_moment())


def _parse(body: bytes) -> object:
    try:
        value: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ControlError("the body must be JSON") from None
    return value


def _read(body: bytes, name: str) -> object:
    try:
        value: object = orjson.loads(body)[name]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise ControlError(f"the body must be a JSON object with {name!r}") from None
    return value
