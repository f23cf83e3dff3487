"""What actors ask of the world outside, and the lake as a value: each change makes another one."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl

from gamemarket.stored_object import StoredObject

Verb = Literal["put", "replace", "get", "list", "delete", "ask"]


class Call(NamedTuple):
    """One store operation, or one request to the API: what takes effect in one instant."""

    verb: Verb
    key: str
    body: bytes = b""

    def __str__(self) -> str:
        if self.verb == "ask":
            path, _, query = self.key.partition("?")
            return (
                f"ask page {page}"
                if (page := dict(parse_qsl(query)).get("page"))
                else f"ask {path}"
            )
        folder, _, rest = self.key.partition("/")
        return f"{self.verb} {folder} {rest.partition('run_date=')[2][11:]}".rstrip()


class Failure(Enum):
    """Answers that an actor meets as an exception."""

    MISSING = "there is no such object"
    REFUSED = "the store did not answer, or refused"


class ApiAnswer(NamedTuple):
    """Status and body of a page."""

    status: int
    body: bytes


Answer = bool | bytes | tuple[StoredObject, ...] | ApiAnswer | Failure | None


class Store:
    """The lake's objects at one instant. Equal ones are one object: `is` compares them."""

    def __init__(
        self, objects: dict[str, bytes], make: Callable[[dict[str, bytes]], Store]
    ) -> None:
        self.objects = objects
        self._make = make
        self._after: dict[Call, tuple[Answer, Store]] = {}

    def apply(self, call: Call) -> tuple[Answer, Store]:
        """The answer to a call and the store after it."""
        if call not in self._after:
            self._after[call] = self._apply(call)
        return self._after[call]

    def keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))

    def _apply(self, call: Call) -> tuple[Answer, Store]:
        match call.verb:
            case "get":
                return self.objects.get(call.key, Failure.MISSING), self
            case "list":
                found = self.keys(call.key)
                return tuple(StoredObject(key, len(self.objects[key])) for key in found), self
            case "delete":
                left = {key: body for key, body in self.objects.items() if key != call.key}
                return None, self._make(left)
            case "put" if call.key in self.objects:
                return False, self
            case "put":
                return True, self._make(self.objects | {call.key: call.body})
            case "replace":
                return None, self._make(self.objects | {call.key: call.body})
        raise AssertionError(f"{call} is no call of a store")


class Stores:
    """All stores of one search."""

    def __init__(self) -> None:
        self._known: dict[frozenset[tuple[str, bytes]], Store] = {}

    def __len__(self) -> int:
        return len(self._known)

    def make(self, objects: dict[str, bytes]) -> Store:
        contents = frozenset(objects.items())
        if contents not in self._known:
            self._known[contents] = Store(objects, self.make)
        return self._known[contents]
