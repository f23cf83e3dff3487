"""The Postgres that serves marts to BI tools: its address, patience while it is away, its errors.

A password may stand in the address, so nothing of the address but host and database is ever shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from gamemarket.errors import DefectError, GameMarketError, UpstreamError, UsageError

__all__ = ["MartsDatabase", "parse_address"]

type Connection = psycopg.Connection[tuple[object, ...]]

# A restart of Postgres takes some seconds; an orchestrator tries again after this.
PATIENCE_SECONDS: Final = 60.0
# What waiting does not change: libpq tells a refused login by its text only.
_REFUSED = re.compile(
    r"authentication failed|does not exist|no password supplied|pg_hba\.conf"
    r"|permission denied|not permitted"
)
# SQLSTATEs begin so (Postgres' manual, appendix A): connections lost; a server that stops or starts.
_AWAY: Final = ("08", "57P")

type _Advice = tuple[type[GameMarketError], str]
_START: Final[_Advice] = (UpstreamError, "start Postgres, and build again.")
_LOOK: Final[_Advice] = (UpstreamError, "see to Postgres (its log says more), and build again.")
_CORRECT: Final[_Advice] = (
    UsageError,
    "correct MARTS_POSTGRES_URL or what its role may do there, and build again.",
)
# By class of SQLSTATE.
_ADVICE: Final[Mapping[str, _Advice]] = {
    "22": (DefectError, "one of them holds a value that Postgres can't; please report it."),
    "40": (UpstreamError, "another session was in the way, build again."),
    "53": (UpstreamError, "give Postgres what it lacks, and build again."),
    "55": (UpstreamError, "another session holds a table, build again when it is over."),
    **dict.fromkeys(("25", "28", "3D", "42"), _CORRECT),
}


@dataclass(frozen=True, slots=True)
class MartsDatabase:
    """A database that can be reached, or not; `where` is its address for people."""

    address: SecretStr
    where: str
    patience_seconds: float = PATIENCE_SECONDS

    def transact[T](self, work: Callable[[Connection], T]) -> T:
        """Does `work` in one transaction, all over again while Postgres is away.

        Raises UpstreamError (69) when it stays away or lacks something, UsageError (64) when it
        refuses us, DefectError (70) when it can't hold a value.
        """
        tries = Retrying(
            retry=retry_if_exception(_is_away),
            stop=stop_after_delay(self.patience_seconds),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            reraise=True,
        )
        try:
            for attempt in tries:
                with attempt:
                    return self._transact_once(work)
        except psycopg.Error as error:
            raise self._explain(error) from error
        raise AssertionError("tenacity returns or raises")

    def _transact_once[T](self, work: Callable[[Connection], T]) -> T:
        with psycopg.connect(self.address.get_secret_value()) as connection:
            return work(connection)

    def _explain(self, error: psycopg.Error) -> GameMarketError:
        said = " ".join(str(error).split())[:300]
        unknown = _LOOK if error.sqlstate else _CORRECT  # without one, libpq was refused
        of_class = _ADVICE.get((error.sqlstate or "")[:2], unknown)
        kind, advice = _START if _is_away(error) else of_class
        return kind(
            f"Could not load the marts into Postgres at {self.where}: {said} "
            f"They are published in the lake: {advice}"
        )


def parse_address(url: SecretStr) -> MartsDatabase:
    """The database behind postgresql://role:password@host:port/name; UsageError when it is none."""
    try:
        parts = conninfo_to_dict(url.get_secret_value())
    except psycopg.Error:
        raise UsageError(
            "MARTS_POSTGRES_URL can't be read: give it as "
            "postgresql://role:password@host:5432/database (a password URL-encoded)."
        ) from None
    where = f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"
    patient = make_conninfo(url.get_secret_value(), connect_timeout=5)
    return MartsDatabase(SecretStr(patient), where)


def _is_away(error: BaseException) -> bool:
    if not isinstance(error, psycopg.OperationalError):
        return False
    if error.sqlstate is None:  # there was no connection, or it is lost
        return not _REFUSED.search(str(error))
    return error.sqlstate.startswith(_AWAY)
