"""What an actor does next, told from the answers that it has had: the real code, run again.

An actor is a function of its answers. So its histories form a tree, a node of which knows the call
that comes next, and the code is run once a branch, not once a schedule. No threads, no waiting.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlencode

from extractor.api.errors import QuestionRefusedError
from extractor.api.rawg_client import Answer as Received
from extractor.api.rawg_client import Request
from gamemarket.errors import LakeError, MissingObjectError
from gamemarket.lake_keys import LakeKey
from gamemarket.stored_object import StoredObject
from tests.protocol.actors import NOW, Actor
from tests.protocol.catalogue import Catalogue
from tests.protocol.store import Answer, ApiAnswer, Call, Failure, Store


class Node:
    """An actor after some answers: its next call, or how it ended."""

    __slots__ = ("actor", "after", "answer", "before", "call", "error", "problem", "returned")

    def __init__(self, actor: Actor, before: Node | None = None, answer: Answer = None) -> None:
        self.actor = actor
        self.before = before
        self.answer = answer
        self.call: Call | None = None
        self.returned: object = None
        self.error: Exception | None = None
        self.problem = ""
        self.after: dict[Answer, Node] = {}

    def follow(self, answer: Answer) -> Node:
        """The node after one more answer; it may not be explored yet."""
        if answer not in self.after:
            self.after[answer] = Node(self.actor, self, answer)
        return self.after[answer]

    def path(self) -> list[Node]:
        """From the beginning to here."""
        nodes: list[Node] = [self]
        while (before := nodes[-1].before) is not None:
            nodes.append(before)
        return nodes[::-1]

    @property
    def was_refused(self) -> bool:
        """Whether the store failed the actor once."""
        return any(node.answer is Failure.REFUSED for node in self.path())

    @property
    def is_explored(self) -> bool:
        return bool(self.call or self.returned is not None or self.error)


def explore_node(node: Node, store: Store, catalogue: Catalogue) -> None:
    """Runs the actor up to `node` and on from there, alone, as if nobody else did anything.

    All nodes on the way are explored then: in a search most of them are needed next.
    """
    if node.is_explored:
        return
    path = node.path()
    session = _Session(path, store, catalogue)
    try:
        returned = node.actor.act(session, session)
    except Exception as error:
        session.node.error = error
    else:
        session.node.returned = "done" if returned is None else returned


class _Session:
    """Lake and API client of one actor: known answers first, then those of a store of its own."""

    uri = "memory:"

    def __init__(self, path: Sequence[Node], store: Store, catalogue: Catalogue) -> None:
        self._known = deque(path[1:])
        self._store = store
        self._catalogue = catalogue
        self.node = path[0]
        self._pages = _PagesAsked()

    def put_if_absent(self, key: LakeKey, body: bytes | bytearray) -> bool:
        return bool(self._perform(Call("put", str(key), bytes(body))))

    def replace(self, key: LakeKey, body: bytes) -> None:
        self._perform(Call("replace", str(key), body))

    def swap(self, key: LakeKey, before: bytes | None, body: bytes) -> bool:
        raise AssertionError("an extractor never moves the pointer")

    def get(self, key: LakeKey | str) -> bytes:
        answer = self._perform(Call("get", str(key)))
        assert isinstance(answer, bytes)
        return answer

    def list(self, prefix: str) -> Iterator[StoredObject]:
        answer = self._perform(Call("list", prefix))
        assert isinstance(answer, tuple)
        return (stored for stored in answer if isinstance(stored, StoredObject))

    def delete(self, keys: Iterable[str]) -> None:
        for key in list(keys):
            self._perform(Call("delete", str(key)))

    def ask(self, request: Request) -> Received:
        asked = f"{request.path}?{urlencode(sorted(request.params.items()))}"
        answer = self._perform(Call("ask", asked))
        assert isinstance(answer, ApiAnswer)
        if answer.status == 404 and 404 not in request.answers:
            raise QuestionRefusedError(f"there is nothing at {asked}")  # as RawgClient does
        return Received(answer.status, NOW, answer.body)

    def _perform(self, call: Call) -> Answer:
        if self.node.call is None:
            self.node.call = call
            self.node.problem = self._pages.find_problem(call)
        assert self.node.call == call, f"{call}, but {self.node.call} with the same answers"
        answer = self._next_answer(call)
        self._pages.note(call, answer)
        self.node = self.node.follow(answer)
        if answer is Failure.MISSING:
            raise MissingObjectError(call.key)
        if answer is Failure.REFUSED:
            raise LakeError(f"{call}: no answer in time")
        return answer

    def _next_answer(self, call: Call) -> Answer:
        if self._known:
            return self._known.popleft().answer
        if call.verb == "ask":
            return self._catalogue.answer(call.key)
        answer, self._store = self._store.apply(call)
        return answer


class _PagesAsked:
    """Watches that a run asks for no page that it knows to be stored: a request costs."""

    def __init__(self) -> None:
        self._stored: set[str] = set()
        self._asked = False

    def find_problem(self, call: Call) -> str:
        if call.verb == "put" and self._asked and call.key in self._stored:
            return f"{call.key} was stored already, and is asked for again"
        return ""

    def note(self, call: Call, answer: Answer) -> None:
        if call.verb == "ask":
            self._asked = True
        elif call.verb == "list" and isinstance(answer, tuple) and "/gen_" in call.key:
            self._stored = {key for key in self._stored if not key.startswith(call.key)}
            self._stored.update(o.key for o in answer if isinstance(o, StoredObject))
        elif call.verb in ("put", "get") and answer is not Failure.REFUSED:
            # A run that met a missing checkpoint looks at the manifests; it does not ask again.
            if answer is True and call.key.endswith("/request.json"):
                self._stored.clear()  # begun anew: what was listed has been committed and cleared
            self._stored.add(call.key)
            self._asked = False
        elif call.verb == "delete":
            self._stored.discard(call.key)
