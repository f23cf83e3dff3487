from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from extractor.api.connection import Connections
from gamemarket.errors import UsageError

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NO_PROXY", "[::1]"),
        ("NO_PROXY", "a b:c"),
        ("ALL_PROXY", "socks5://127.0.0.1:1080"),
        ("ALL_PROXY", "ftp://user:secret@127.0.0.1"),
        ("HTTPS_PROXY", "http://[::1"),
        ("HTTP_PROXY", "socks4://127.0.0.1"),
        ("SSL_CERT_FILE", "/no/such/file"),
        ("SSL_CERT_FILE", __file__),
    ],
)
def test_a_variable_that_cant_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=name) as refused:
        Connections()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NO_PROXY", "::1,localhost,10.0.0.0/8,.example.com,*"),
        ("ALL_PROXY", "proxy.example.com:3128"),
        ("HTTPS_PROXY", "http://user:secret@proxy.example.com:3128"),
    ],
)
def test_what_other_tools_take_is_taken(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, tmp_path: Path
) -> None:
    monkeypatch.setenv(name, value)
    with closing(Connections()) as connections, connections.borrow() as client:
        assert client.trust_env


def test_nobody_has_a_connection_that_another_uses_and_none_is_opened_without_need() -> None:
    with closing(Connections()) as connections:
        with connections.borrow() as one, connections.borrow() as other:
            assert one is not other
        with connections.borrow() as first, connections.borrow() as second:
            assert {first, second} == {one, other}
    assert one.is_closed
    assert other.is_closed
