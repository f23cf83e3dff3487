"""The Postgres that serves marts to BI tools: its address, patience while it is away, its errors.

A password may stand in the address, so nothing of the address but host and database is ever shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from gamemarket.errors import GameMarketError, UpstreamError, UsageError

__all__ = ["MartsDatabase", "parse_address"]

type Connection = psycopg.Connection[tuple[object, ...]]

# A restart of Postgres takes some seconds; an orchestrator tries again after this.
PATIENCE_SECONDS: Final = 60.0
# What waiting does not change: libpq tells a refused login by its text only.
_REFUSED = re.compile(r"authentication failed|does not exist|no password supplied|pg_hba\.conf")
# An `alter table` that waits for a reader keeps all later readers waiting behind it.
_LOCK_TIMEOUT: Final = "-c lock_timeout=10s"


@dataclass(frozen=True, slots=True)
class MartsDatabase:
    """A database that can be reached, or not; `where` is its address for people."""

    address: SecretStr
    where: str
    patience_seconds: float = PATIENCE_SECONDS

    def transact[T](self, work: Callable[[Connection], T]) -> T:
        """Does `work` in one transaction, all over again while Postgres is away.

        Raises UpstreamError (69) when it stays away, UsageError (64) when it refuses us.
        """
        tries = Retrying(
            retry=retry_if_exception(_may_pass),
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
        tried = f"Could not load the marts into Postgres at {self.where}: {said}"
        if _may_pass(error):
            return UpstreamError(
                f"{tried} They are published in the lake: start Postgres, and build again."
            )
        return UsageError(
            f"{tried} They are published in the lake: correct MARTS_POSTGRES_URL or what its "
            "role may do there, and build again."
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
    options = f"{parts.get('options') or ''} {_LOCK_TIMEOUT}".strip()
    patient = make_conninfo(url.get_secret_value(), connect_timeout=5, options=options)
    return MartsDatabase(SecretStr(patient), where)


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, psycopg.OperationalError) and not _REFUSED.search(str(error))
