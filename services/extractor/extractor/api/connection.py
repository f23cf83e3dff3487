"""The connections to an API: proxies and certificates are the environment's, on purpose.

A company's network is left through its proxy and trusts its own authority, and both are told by variables
that every tool reads: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR. One of
them that can't be used is named; httpx would end with a traceback.
"""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import getproxies

import httpx

from gamemarket.errors import UsageError

# RAWG's outages hang for up to 15 minutes: connect and read have limits of their own.
TIMEOUT = httpx.Timeout(15.0, connect=5.0)

_HEADERS = {"Accept": "application/json", "User-Agent": "game-market-extractor"}


class Connections:
    """As many connections as there are requests at once; safe to use from many threads.

    Each has a client of its own: httpx looks through all connections of a client, twice a request
    (measured with 32: a fifth of what asking costs).
    """

    def __init__(self) -> None:
        """Opens the first; UsageError names the environment variable that can't be used."""
        self._certificates = _load_certificates()
        self._opened: list[httpx.Client] = []
        self._idle = deque([self._open()])

    @contextmanager
    def borrow(self) -> Iterator[httpx.Client]:
        """One that nobody else uses, until the block ends; the last one given back comes first."""
        try:
            client = self._idle.pop()
        except IndexError:
            client = self._open()
        try:
            yield client
        finally:
            self._idle.append(client)

    def close(self) -> None:
        """Closes all, those in use too."""
        for client in self._opened:
            client.close()

    def _open(self) -> httpx.Client:
        try:
            client = httpx.Client(
                timeout=TIMEOUT, headers=_HEADERS, verify=self._certificates, trust_env=True
            )
        except (httpx.InvalidURL, ValueError, ImportError) as error:
            raise _refuse_proxies(error) from None
        self._opened.append(client)
        return client


def check_base_url(url: str, variable: str) -> str:
    """The URL without a slash at its end; UsageError, which does not show it, when it can't be used."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UsageError(f"{variable} is no URL: {error}. Give http(s)://host/path.") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise UsageError(f"{variable} can't be the API's base URL: give http(s)://host/path.")
    if parsed.userinfo or parsed.query or parsed.fragment or "?" in url or "#" in url:
        raise UsageError(
            f"{variable} holds more than http(s)://host/path: leave out user:password@, ? and #. "
            "The key has a variable of its own."
        )
    return url.rstrip("/")


def _load_certificates() -> ssl.SSLContext:
    try:
        return httpx.create_ssl_context(trust_env=True)
    except OSError as error:  # an SSLError is one, too
        raise UsageError(
            f"SSL_CERT_FILE or SSL_CERT_DIR names certificates that can't be read: {error}. "
            "Correct it, or unset it."
        ) from None


def _refuse_proxies(error: Exception) -> UsageError:
    """Names the variable: the first proxy that can't be used alone, else the list of exceptions."""
    for scheme in ("http", "https", "all"):
        url = getproxies().get(scheme)
        if url and not _is_usable(url if "://" in url else f"http://{url}"):
            variable = f"{scheme.upper()}_PROXY"
            return UsageError(
                f"{variable} names a proxy that can't be used: give http://host:port or "
                "https://host:port (SOCKS is not supported), or unset it."
            )
    return UsageError(
        f"NO_PROXY can't be used: {error}. Give hosts, domains or IPv4 addresses, "
        "separated by commas."
    )


def _is_usable(proxy: str) -> bool:
    try:
        httpx.HTTPTransport(verify=False, proxy=proxy).close()
    except (httpx.InvalidURL, ValueError, ImportError):
        return False
    return True
