"""The one client for what Dagster tells the outside: where an alert goes, and the sign of life."""

from __future__ import annotations

import json
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from pydantic import SecretStr

__all__ = ["WebhookError", "ping", "post_text"]

_TIMEOUT_SECONDS = 10
# Slack takes 40,000 characters, others less; a report's reasons stand at its beginning.
_LONGEST_TEXT = 3_000


class WebhookError(Exception):
    """It was not taken. Without the address: whoever has that can write there."""


def post_text(text: str, address: SecretStr) -> None:
    """POSTs {"text": ...}, which Slack, Mattermost and their like take; WebhookError when refused."""
    body = json.dumps({"text": text[:_LONGEST_TEXT]}).encode()
    _ask(address, body, {"Content-Type": "application/json"})


def ping(address: SecretStr) -> None:
    """GETs it; WebhookError when that is not answered."""
    _ask(address, None, {})


class _NoRedirects(HTTPRedirectHandler):
    """A POST that follows one becomes a GET without its text, and a login page answers it with 200."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _ask(address: SecretStr, body: bytes | None, headers: dict[str, str]) -> None:
    try:
        request = Request(address.get_secret_value(), data=body, headers=headers)
        with build_opener(_NoRedirects).open(request, timeout=_TIMEOUT_SECONDS) as answer:
            answer.read()
    except HTTPError as error:
        error.close()
        raise WebhookError(f"status {error.code}") from None
    except (OSError, HTTPException, ValueError) as error:  # a proxy's address may be a ValueError
        raise WebhookError(type(error).__name__) from None
