"""Logs: one line each on standard error, JSON unless a person watches, and never a secret.

Redaction happens where records are written, so that it holds for libraries' records and for tracebacks
too. Known secrets are replaced plain and URL-encoded.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO
from urllib.parse import quote, quote_plus

REDACTED = "REDACTED"

# httpx logs every request with its URL at INFO, boto3 its signed headers at DEBUG.
_QUIET_LOGGERS = ("httpx", "httpcore", "boto3", "botocore", "urllib3")


class Redactor:
    """Replaces secrets in text and bytes, in every spelling that a URL or JSON gives them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Takes the secrets as they are; empty ones are ignored."""
        spellings = {
            spelling
            for secret in secrets
            if secret
            for spelling in (secret, quote(secret, safe=""), quote_plus(secret))
        } | {json.dumps(secret)[1:-1] for secret in secrets if secret}
        # The longest first: one secret may contain another.
        self._spellings = sorted(spellings, key=len, reverse=True)
        self._encoded = [spelling.encode() for spelling in self._spellings]

    def redact(self, text: str) -> str:
        """The text without the secrets."""
        for spelling in self._spellings:
            text = text.replace(spelling, REDACTED)
        return text

    def redact_bytes(self, body: bytes) -> bytes:
        """The bytes without the secrets; bytes without any come back unchanged."""
        for spelling in self._encoded:
            body = body.replace(spelling, REDACTED.encode())
        return body


class _RedactingFormatter(logging.Formatter):
    def __init__(self, redactor: Redactor, *, as_json: bool) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
        self._redactor = redactor
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        if not self._as_json:
            return self._redactor.redact(super().format(record))
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return self._redactor.redact(json.dumps(line))


_current = Redactor()


def redact(text: str) -> str:
    """The text without the secrets that logs were configured with: for what is printed otherwise."""
    return _current.redact(text)


def configure_logging(
    redactor: Redactor | None = None, stream: TextIO | None = None, level: int = logging.INFO
) -> None:
    """Sends all logs to `stream` (standard error), redacted."""
    global _current
    _current = redactor or Redactor()
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_RedactingFormatter(_current, as_json=not stream.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
