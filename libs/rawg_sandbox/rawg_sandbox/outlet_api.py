"""A second API over the same catalogue, as unlike RAWG as APIs are: for readers of more than one.

Another path prefix, the key in a header, `offset` and `limit`, rows under `items` and their number
under `total`, no links, no 404 behind the end but an empty page; what it does not understand it refuses
(400), and a spent quota is a 402. Keys and quota are those of the RAWG-like API beside it.
"""

from collections.abc import Mapping
from typing import Final

import orjson

from rawg_sandbox.api import UNKNOWN, Answer, Quota, Route
from rawg_sandbox.source import Source

BASE_PATH: Final = "/outlet/v1"
MAX_LIMIT: Final = 100
KEY_HEADER: Final = "X-Outlet-Key"
# Its names for what the catalogue has, and for the parameters of those lists.
_LISTS: Final = {"titles": "games", "makers": "developers", "kinds": "genres"}
_FILTERS: Final = {"changed_on": "updated", "sort": "ordering"}
_PAGING: Final = frozenset({"offset", "limit"})
ROUTE_LABELS: Final = tuple(f"outlet_{name}{suffix}" for name in _LISTS for suffix in ("", "_id"))


class OutletApi:
    """The API over a source."""

    def __init__(self, source: Source, keys: frozenset[str], quota: Quota) -> None:
        """Shares keys and quota with another API."""
        self._source = source
        self._keys = keys
        self._quota = quota

    def answer(
        self, method: str, path: str, key: str, parameters: Mapping[str, str], moment: int
    ) -> Answer:
        """Answer one request; `key` is what stands in the header."""
        if key not in self._keys:
            return _failure(401, "give a key that we know in " + KEY_HEADER)
        if not self._quota.take():
            return _failure(402, "your plan has no calls left")
        name, _, item = path.removeprefix(BASE_PATH).strip("/").partition("/")
        if name not in _LISTS or method not in ("GET", "HEAD"):
            return _failure(404, "there is nothing here")
        if item:
            body = self._source.detail(_LISTS[name], item, moment)
            return _failure(404, "no such item") if body is None else Answer(200, body)
        unknown = parameters.keys() - _FILTERS.keys() - _PAGING
        if unknown:
            return _failure(400, f"no such parameter: {min(unknown)}")
        return self._answer_list(_LISTS[name], parameters, moment)

    def _answer_list(self, endpoint: str, parameters: Mapping[str, str], moment: int) -> Answer:
        offset, limit = (parameters.get("offset", "0"), parameters.get("limit", "20"))
        if not (offset.isdecimal() and limit.isdecimal() and 1 <= int(limit) <= MAX_LIMIT):
            return _failure(400, f"offset is from 0 on, limit from 1 to {MAX_LIMIT}")
        listing = self._source.list_rows(endpoint, _translate(parameters), moment)
        first = int(offset)
        rows = listing.rows(first, min(first + int(limit), listing.count))
        body = b'{"items":[%b],"total":%d,"offset":%d}' % (b",".join(rows), listing.count, first)
        return Answer(200, body)


def find_outlet_route(path: str) -> Route:
    """The route that calls are counted by: `outlet_titles`, `outlet_titles_id`, `unknown`."""
    name, _, item = path.removeprefix(BASE_PATH).strip("/").partition("/")
    return Route(f"outlet_{name}", item) if name in _LISTS else UNKNOWN


def _translate(parameters: Mapping[str, str]) -> dict[str, str]:
    asked = {_FILTERS[name]: value for name, value in parameters.items() if name in _FILTERS}
    if "updated" in asked:
        asked["updated"] = f"{asked['updated']},{asked['updated']}"
    return asked


def _failure(status: int, message: str) -> Answer:
    return Answer(status, orjson.dumps({"message": message}))
