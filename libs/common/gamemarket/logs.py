"""Logs: one line each on standard error, JSON unless a person watches, and never a secret.

Redaction happens where something leaves the process: log records (libraries' and tracebacks too), errors,
standard output, what is told to Dagster. Known secrets (`hide`) are replaced plain and URL-encoded, in values
and never in the names of fields.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO
from urllib.parse import quote, quote_plus

REDACTED = "REDACTED"

# httpx logs every request with its URL at INFO, boto3 its signed headers at DEBUG.
_QUIET_LOGGERS = ("httpx", "httpcore", "boto3", "botocore", "urllib3")


class Redactor:
    """Replaces secrets in text and bytes, in every spelling that a URL or JSON gives them."""

    def __init__(self, secrets: Iterable[str] = (), behind: Sequence[str] = ("",)) -> None:
        """Takes the secrets as they are (empty ones are ignored), and what must stand before them."""
        self.secrets = frozenset(secret for secret in secrets if secret)
        spellings = {
            spelling
            for secret in self.secrets
            for spelling in (
                secret,
                quote(secret, safe=""),
                quote_plus(secret),
                json.dumps(secret)[1:-1],
            )
        }
        # The longest first: one secret may contain another.
        longest_first = sorted(spellings, key=len, reverse=True)
        self._texts = [
            (f"{name}{it}", f"{name}{REDACTED}") for it in longest_first for name in behind
        ]
        self._bytes = [(text.encode(), other.encode()) for text, other in self._texts]

    def redact(self, text: str) -> str:
        """The text without the secrets."""
        for secret, other in self._texts:
            text = text.replace(secret, other)
        return text

    def redact_bytes(self, body: bytes) -> bytes:
        """The bytes without the secrets; bytes without any come back unchanged."""
        for secret, other in self._bytes:
            body = body.replace(secret, other)
        return body


class _RedactingFormatter(logging.Formatter):
    def __init__(self, *, as_json: bool) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        if not self._as_json:
            return redact(super().format(record))
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(redact_values(line))


_known = Redactor()


def hide(*secrets: str) -> None:
    """Lets nothing that leaves the process show these any more, beside those that it knows already."""
    global _known
    _known = Redactor(_known.secrets.union(secrets))


def redact(text: str) -> str:
    """The text without the secrets that are known: for whatever leaves the process."""
    return _known.redact(text)


def redact_values(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same for all texts in a JSON value; the names of its fields stay."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {name: redact_values(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_values(item) for item in value]
    return value


def configure_logging(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Sends all logs to `stream` (standard error), redacted."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_RedactingFormatter(as_json=not stream.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
