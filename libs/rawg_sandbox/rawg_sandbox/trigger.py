"""When a rule (a fault, a move) takes effect: which calls it looks at, and which of them it takes.

Chance is a hash of seed, rule, request and how often that request was asked, so what happens to
a request does not depend on what else is under way. `after`, `every` and `times` count the
calls of all requests together: how many are taken is fixed, which ones is up to their order.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from hashlib import blake2b
from typing import Annotated, Any, Final, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from rawg_sandbox.api import DETAILS, LISTS, UNKNOWN
from rawg_sandbox.outlet_api import ROUTE_LABELS

ENDPOINTS: Final = (
    *sorted(LISTS),
    *sorted(f"{name}_id" for name in DETAILS),
    *ROUTE_LABELS,
    UNKNOWN.label,
)


class RuleError(ValueError):
    """A rule that means nothing; its text says which and why."""


class Call(NamedTuple):
    """One API call: `endpoint` as calls are counted (`games`, `games_id`), `identity` is path and
    sorted query without the key."""

    endpoint: str
    path: str
    parameters: Mapping[str, str]
    identity: str

    @property
    def page(self) -> int:
        """The page asked for; 0 if it is no number."""
        asked = self.parameters.get("page", "1")
        return int(asked) if asked.isdecimal() else 0


def one_of(names: Collection[str], what: str) -> AfterValidator:
    """Return the validator that refuses other names with a sentence."""

    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"no such {what}: {name!r}; there are {', '.join(names)}")
        return name

    return AfterValidator(check)


type OneOrMany = int | list[int]
type FromOne = Annotated[int, Field(ge=1)]


class Trigger(BaseModel):
    """The part that all rules have in common; what is left out does not narrow.

    A rule remembers how often each request came, and how many calls it saw and took.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: Annotated[str, one_of(ENDPOINTS, "endpoint")] | None = None
    path: str | None = None
    query: dict[str, str] = {}
    page: OneOrMany | None = None
    asked: OneOrMany | None = None
    first: FromOne | None = None
    after: Annotated[int, Field(ge=0)] = 0
    every: FromOne = 1
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    seed: int = 1
    times: FromOne | None = None

    _number: int = 0
    _asked: Counter[str] = PrivateAttr(default_factory=Counter)
    _seen: int = 0
    _taken: int = 0

    @property
    def taken(self) -> int:
        """How many calls it took."""
        return self._taken

    def looks_at(self, call: Call) -> bool:
        """Return whether the rule is about such calls at all."""
        return (
            self.endpoint in (None, call.endpoint)
            and self.path in (None, call.path.rstrip("/"))
            and self.query.items() <= call.parameters.items()
            and (self.page is None or call.page in _many(self.page))
        )

    def takes(self, call: Call) -> bool:
        """Count a call that the rule looks at; return whether the rule takes it."""
        self._seen += 1
        self._asked[call.identity] += 1
        taken = self._wants(call.identity, self._asked[call.identity])
        self._taken += taken
        return taken

    def draw(self, *what: object) -> float:
        """Return a number in [0, 1) that depends on seed, rule and arguments alone."""
        text = repr((self.seed, self._number, *what))
        return int.from_bytes(blake2b(text.encode(), digest_size=6).digest()) / 2**48

    def _wants(self, identity: str, asked: int) -> bool:
        return (
            (self.times is None or self._taken < self.times)
            and (self.asked is None or asked in _many(self.asked))
            and (self.first is None or asked <= self.first)
            and self._seen > self.after
            and (self._seen - self.after) % self.every == 0
            and (self.probability == 1 or self.draw(identity, asked) < self.probability)
        )

    def describe(self, taken: str) -> dict[str, Any]:
        """Return the rule, and how many calls it saw and took (under this name)."""
        said = self.model_dump(mode="json", exclude_defaults=True)
        counts = {"seen": self._seen, taken: self._taken}
        return {"kind": said.pop("kind", None), **said, **counts}


class Rules[R: Trigger]:
    """The rules of one kind that are in force; at first none."""

    def __init__(self, kind: type[R]) -> None:
        self._kind = kind
        self.rules: list[R] = []

    def put(self, rules: object) -> None:
        """Put these rules (JSON: a list or one alone) in the place of all; counts begin anew.

        Raises RuleError with a sentence for a bad one.
        """
        given: list[Any] = rules if isinstance(rules, list) else [rules]
        self.rules = [self._read(number, rule) for number, rule in enumerate(given)]

    def clear(self) -> None:
        """End all rules."""
        self.put([])

    def taking(self, call: Call, fits: Callable[[R], bool] = lambda rule: True) -> Iterator[R]:
        """Yield the rules that take a call; those behind one that is not asked for any more do not
        count it."""
        for rule in self.rules:
            if fits(rule) and rule.looks_at(call) and rule.takes(call):
                yield rule

    def _read(self, number: int, rule: object) -> R:
        try:
            read = self._kind.model_validate(rule)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "it"
            message = first["msg"].removeprefix("Value error, ")
            raise RuleError(f"rule {number}: {where}: {message}") from None
        read._number = number  # equal rules throw different dice
        return read


def _many(numbers: OneOrMany) -> Collection[int]:
    return (numbers,) if isinstance(numbers, int) else numbers
