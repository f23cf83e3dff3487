"""What RAWG would answer to a request: keys, quota, routes, bodies. No network here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from rawg_sandbox.paging import DEFAULT_PAGE_SIZES, Listing, encode_page, parse_page
from rawg_sandbox.source import Source

BASE_PATH: Final = "/api"
LISTS: Final = frozenset(DEFAULT_PAGE_SIZES)
DETAILS: Final = frozenset(
    {"games", "developers", "genres", "platforms", "publishers", "stores", "tags", "creators"}
)
# Sub-lists of a game that a free key is refused, with an empty body.
PREMIUM: Final = frozenset({"suggested", "twitch", "youtube"})


@dataclass(frozen=True)
class Answer:
    """A response before it is sent; faults change it here."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """What a path asks for: a list (`key` empty), an item of it, or nothing known."""

    endpoint: str
    key: str = ""
    is_premium: bool = False

    @property
    def label(self) -> str:
        """The name under which calls are counted: `games`, `games_id`, `unknown`."""
        return f"{self.endpoint}_id" if self.key else self.endpoint

    @property
    def is_list(self) -> bool:
        """Whether it asks for a page of a list."""
        return not self.key and self.endpoint in LISTS


UNKNOWN: Final = Route("unknown")


class Quota:
    """How many accepted calls are left until the monthly limit is told; no limit at first."""

    def __init__(self) -> None:
        self.set(None)

    def set(self, limit: int | None) -> None:
        """Allow so many calls from now on; nothing: any number."""
        self.limit = limit
        self.used = 0

    def put(self, limit: object) -> None:
        """Set what was read from JSON. Raises ValueError."""
        if limit is not None and (not isinstance(limit, int) or limit < 0):
            raise ValueError(f"limit must be a number of calls or null, not {limit!r}")
        self.set(limit)

    def report(self) -> dict[str, Any]:
        return {"limit": self.limit, "used": self.used}

    def take(self) -> bool:
        """Count a call; false if there is none left."""
        if self.limit is not None and self.used >= self.limit:
            return False
        self.used += 1
        return True


class RawgApi:
    """The API over a source."""

    def __init__(self, source: Source, keys: frozenset[str], counts_cached_seconds: int) -> None:
        """`counts_cached_seconds`: how old `count` may be on the sandbox's clock; 0: exact."""
        self.source = source
        self.quota = Quota()
        self._keys = keys
        self._counts_cached_seconds = counts_cached_seconds
        self._counts: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[int, int]] = {}

    def answer(
        self, method: str, route: Route, address: str, parameters: Mapping[str, str], moment: int
    ) -> Answer:
        """Answer one request; `address` is its URL without the query, for the links."""
        refusal = self._refuse(parameters.get("key", ""))
        if refusal:
            return refusal
        if method not in ("GET", "HEAD"):
            return _failure(405, {"detail": f'Method "{method}" not allowed.'})
        if route.is_premium:
            return Answer(401, b"")
        if route is UNKNOWN:
            return _failure(404, {"detail": "Not found."})
        if route.key:
            body = self.source.detail(route.endpoint, route.key, moment)
            return _failure(404, {"detail": "Not found."}) if body is None else Answer(200, body)
        return self.answer_list(route.endpoint, address, parameters, moment)

    def _refuse(self, key: str) -> Answer | None:
        """Return one of RAWG's three refusals, told apart by their texts alone."""
        if not key:
            return _failure(401, {"error": "The key parameter is not provided"})
        if key not in self._keys:
            return _failure(401, {"error": "The API key is not found"})
        if not self.quota.take():
            return _failure(401, {"error": "The monthly API limit reached"})
        return None

    def answer_list(
        self,
        endpoint: str,
        address: str,
        parameters: Mapping[str, str],
        moment: int,
        change: Callable[[Listing], Listing] | None = None,
    ) -> Answer:
        """Answer with a page of a list; `change` decides what the list says of itself."""
        page = parse_page(endpoint, parameters)
        if page is None:
            return _failure(404, {"detail": "Invalid page."})
        listing = self.source.list_rows(endpoint, parameters, moment)
        if self._counts_cached_seconds:
            listing = self._with_cached_count(endpoint, parameters, listing, moment)
        if change:
            listing = change(listing)
        body = encode_page(listing, page, address, parameters)
        return _failure(404, {"detail": "Invalid page."}) if body is None else Answer(200, body)

    def _with_cached_count(
        self, endpoint: str, parameters: Mapping[str, str], listing: Listing, moment: int
    ) -> Listing:
        others = (item for item in parameters.items() if item[0] not in ("key", "page"))
        identity = (endpoint, tuple(sorted(others)))
        since, count = self._counts.get(identity, (moment, listing.count))
        if not 0 <= moment - since < self._counts_cached_seconds:
            since, count = moment, listing.count
        self._counts[identity] = (since, count)
        return replace(listing, count=count)


def find_route(path: str) -> Route:
    """Read a path below /api.

    >>> find_route("/api/games/3498").key
    '3498'
    """
    inner = path.removeprefix(BASE_PATH).strip("/")
    if inner in LISTS:
        return Route(inner)
    endpoint, _, key = inner.partition("/")
    key, _, sub_list = key.partition("/")
    if endpoint == "games" and sub_list in PREMIUM:
        return Route(endpoint, key, is_premium=True)
    return Route(endpoint, key) if endpoint in DETAILS and key and not sub_list else UNKNOWN


def _failure(status: int, body: Mapping[str, str]) -> Answer:
    return Answer(status, orjson.dumps(body))
