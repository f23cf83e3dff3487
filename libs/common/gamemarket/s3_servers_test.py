"""What servers that speak S3 do otherwise than S3: a small one on loopback that has the worst of each."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from socket import SHUT_RDWR
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import boto3
import pytest
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import ClientError

from gamemarket.errors import LakeError
from gamemarket.lake_keys import CheckpointKey
from gamemarket.lake_test import checkpoint, manifest
from gamemarket.s3_lake import S3Lake


@dataclass
class S3Server:
    """Objects in memory. `refuses` gives a status to a kind of request, `cuts` so many bodies short.

    The next conditional puts end as `troubles` say: a status, "lost" (no answer, and nothing stored) or
    "late" (stored, and no answer).
    """

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    keeps_put_if_absent: bool = True
    refuses: dict[str, int] = field(default_factory=dict)
    cuts: int = 0
    troubles: list[int | str] = field(default_factory=list)
    puts: int = 0
    tokens: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    expectations: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_state: S3Server

    def do_GET(self) -> None:
        state, key = self.server_state, self._key()
        if not key:
            self._answer(200, self._list())
        elif key not in state.objects:
            self._refuse(404, "NoSuchKey")
        else:
            state.cuts -= 1
            body = state.objects[key]
            self._answer(200, body, cut=len(body) // 2 if state.cuts >= 0 else None)

    def do_PUT(self) -> None:
        state, key = self.server_state, self._key()
        state.expectations += filter(None, [self.headers.get("Expect")])
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_conditional = self.headers.get("If-None-Match") == "*"
        state.tokens += filter(None, [self.headers.get("X-Amz-Security-Token")])
        with state.lock:
            state.puts += 1
            trouble = state.troubles.pop(0) if state.troubles and is_conditional else None
            if isinstance(trouble, int):
                self._refuse(trouble, "Trouble")
            elif trouble:
                if trouble == "late":
                    state.objects[key] = body
                self.close_connection = True
            elif is_conditional and "put_if_absent" in state.refuses:
                self._refuse(state.refuses["put_if_absent"], "NotImplemented")
            elif is_conditional and state.keeps_put_if_absent and key in state.objects:
                self._refuse(412, "PreconditionFailed")
            else:
                state.objects[key] = body
                self._answer(200)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server_state.asked["delete_together"] += 1
        self._refuse(self.server_state.refuses["delete_together"], "NotImplemented")

    def do_DELETE(self) -> None:
        if "delete" in self.server_state.refuses:
            self._refuse(self.server_state.refuses["delete"], "AccessDenied")
            return
        self.server_state.objects.pop(self._key(), None)
        self._answer(204)

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).partition("/lake")[2].lstrip("/")

    def _list(self) -> bytes:
        prefix = parse_qs(urlsplit(self.path).query).get("prefix", [""])[0]
        found = sorted(key for key in self.server_state.objects if key.startswith(prefix))
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.server_state.objects[key])}</Size>"
            "<LastModified>2024-01-01T00:00:00Z</LastModified></Contents>"
            for key in found
        )
        head = "<Name>lake</Name><IsTruncated>false</IsTruncated>"
        return f"<ListBucketResult>{head}{contents}</ListBucketResult>".encode()

    def _refuse(self, status: int, code: str) -> None:
        self._answer(status, f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode())

    def _answer(self, status: int, body: bytes = b"", cut: int | None = None) -> None:
        self.send_response_only(status)
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        self.close_connection = cut is not None

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def s3_server() -> Iterator[S3Server]:
    state = S3Server()
    handler = type("Handler", (_Handler,), {"server_state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@pytest.fixture
def lake(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Lake:
    return connect(s3_server.url, monkeypatch)


def connect(url: str | None, monkeypatch: pytest.MonkeyPatch) -> S3Lake:
    """As a stage does, without the waits between botocore's attempts."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers credentials
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda seconds: None)
    return S3Lake.connect("lake", url)


def put(lake: S3Lake, pages: int) -> list[CheckpointKey]:
    keys = [checkpoint(page) for page in range(1, pages + 1)]
    assert all(lake.put_if_absent(key, b"x" * 1_000) for key in keys)
    return keys


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_no_store_of_another_tool_is_taken_for_the_lakes(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """DuckDB would read the one at AWS."""
    monkeypatch.setenv(variable, "http://another.example.org")
    for url, answers in ((None, "https://s3.amazonaws.com"), ("http://a.example.org",) * 2):
        assert connect(url, monkeypatch)._client.meta.endpoint_url == answers


def test_a_put_waits_for_no_permission(lake: S3Lake, s3_server: S3Server) -> None:
    put(lake, 2)
    assert s3_server.expectations == []


def test_a_put_is_one_request(lake: S3Lake, s3_server: S3Server) -> None:
    put(lake, 1)
    before = s3_server.puts
    assert lake.put_if_absent(manifest(), b"one")
    assert not lake.put_if_absent(manifest(), b"two")
    assert s3_server.puts - before == 2


@pytest.mark.parametrize("troubles", [[409], [409, 409, 409], [500], [503, 503], ["lost"], [301]])
def test_a_put_that_meets_trouble_is_tried_again(
    lake: S3Lake, s3_server: S3Server, troubles: list[int | str]
) -> None:
    put(lake, 1)  # the store is tried
    s3_server.troubles = troubles
    assert lake.put_if_absent(manifest(), b"one")
    assert lake.get(manifest()) == b"one"
    s3_server.troubles = [409, 409]
    assert not lake.put_if_absent(manifest(), b"two")
    assert lake.get(manifest()) == b"one"


def test_a_put_whose_answer_is_lost_is_not_said_to_be_ours(
    lake: S3Lake, s3_server: S3Server
) -> None:
    """It is stored, but by whom nobody knows: whoever put it reads it back."""
    put(lake, 1)
    s3_server.troubles = ["late"]
    assert not lake.put_if_absent(manifest(), b"one")
    assert lake.get(manifest()) == b"one"


def test_errors_are_chained_to_their_cause(lake: S3Lake, s3_server: S3Server) -> None:
    put(lake, 1)
    s3_server.troubles = [503] * 10
    with pytest.raises(LakeError, match="503") as refused:
        lake.put_if_absent(manifest(), b"one")
    assert isinstance(refused.value.__cause__, ClientError)


def test_a_connection_that_the_store_has_closed_costs_no_put(
    lake: S3Lake, s3_server: S3Server
) -> None:
    put(lake, 1)
    assert lake._puts
    for connection in lake._puts._idle:
        connection.sock.shutdown(SHUT_RDWR)
    assert lake.put_if_absent(manifest(), b"one")
    assert lake._puts.create("another", b"one")


def test_credentials_that_are_renewed_sign_the_next_put(
    lake: S3Lake, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lake._puts
    tokens = map(str, count())
    monkeypatch.setattr(
        lake._puts._credentials,
        "get_frozen_credentials",
        lambda: ReadOnlyCredentials("key", "secret", next(tokens), None),
    )
    put(lake, 2)  # and the store is tried by two
    assert len(set(s3_server.tokens)) == s3_server.puts == 4


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
def test_behind_a_proxy_puts_are_boto3s(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    behind = connect(s3_server.url, monkeypatch)
    with pytest.raises(LakeError, match="does not answer"):
        behind.put_if_absent(manifest(), b"one")
    assert s3_server.puts == 0


@pytest.mark.parametrize("cuts", [1, 4])
def test_a_body_that_is_cut_is_read_again(lake: S3Lake, s3_server: S3Server, cuts: int) -> None:
    (key,) = put(lake, 1)
    s3_server.cuts = cuts
    assert lake.get(key) == b"x" * 1_000


def test_a_body_that_is_cut_each_time_is_the_stores_fault(
    lake: S3Lake, s3_server: S3Server
) -> None:
    (key,) = put(lake, 1)
    s3_server.cuts = 100
    with pytest.raises(LakeError, match=r"the store does not answer .*nothing was lost") as refused:
        lake.get(key)
    assert "credentials" not in str(refused.value)


def test_a_store_that_is_away_is_not_a_matter_of_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    away = connect("http://127.0.0.1:1", monkeypatch)
    for ask in (lambda: away.get(manifest()), lambda: list(away.list("")), lambda: put(away, 1)):
        with pytest.raises(LakeError, match=r"does not answer .*S3_ENDPOINT") as refused:
            ask()
        assert "credentials" not in str(refused.value)


def test_a_store_that_ignores_if_none_match_is_refused_each_time_before_anything_is_put(
    lake: S3Lake, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3_server.keeps_put_if_absent = False
    for opened in (lake, lake, connect(s3_server.url, monkeypatch)):
        with pytest.raises(LakeError, match=r"s3://lake can't be a lake: .*If-None-Match"):
            opened.put_if_absent(manifest(), b"one")
    assert str(manifest()) not in s3_server.objects
    assert list(lake.list("")) == []


def test_a_store_that_does_not_know_if_none_match_is_refused_with_what_to_do(
    lake: S3Lake, s3_server: S3Server
) -> None:
    s3_server.refuses["put_if_absent"] = 501
    with pytest.raises(LakeError, match=r"501 NotImplemented.*AWS and MinIO") as refused:
        lake.put_if_absent(manifest(), b"one")
    assert "run again later" not in str(refused.value).lower()


def test_a_lake_is_tried_once_a_process(lake: S3Lake, s3_server: S3Server) -> None:
    put(lake, 1)
    s3_server.keeps_put_if_absent = False  # would be noticed if it were tried again
    lake.put_if_absent(manifest(), b"one")
    assert str(manifest()) in s3_server.objects


def test_a_copy_of_a_lake_is_tried_for_itself(
    lake: S3Lake, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a bucket holds may have come from a store that keeps the promise to one that does not."""
    put(lake, 1)
    s3_server.keeps_put_if_absent = False
    with pytest.raises(LakeError, match=r"s3://lake can't be a lake"):
        connect(s3_server.url, monkeypatch).put_if_absent(manifest(), b"one")


@pytest.mark.parametrize("status", [400, 403, 405, 501])
def test_a_store_that_removes_one_by_one_only_is_cleared_one_by_one(
    lake: S3Lake, s3_server: S3Server, status: int
) -> None:
    keys = put(lake, 3)
    s3_server.refuses["delete_together"] = status
    lake.delete(map(str, keys))
    assert list(lake.list("")) == []
    assert s3_server.asked["delete_together"] == 1


def test_a_store_that_removes_nothing_says_so(lake: S3Lake, s3_server: S3Server) -> None:
    keys = put(lake, 1)
    s3_server.refuses |= {"delete_together": 501, "delete": 403}
    with pytest.raises(LakeError, match=r"Could not remove .*403"):
        lake.delete(map(str, keys))


@pytest.mark.parametrize(
    "stranger", ["manifests/", "inflight/rawg/", "manifests/rawg/.DS_Store", ".trash/x"]
)
def test_folder_objects_and_dotfiles_are_not_listed(
    lake: S3Lake, s3_server: S3Server, stranger: str
) -> None:
    put(lake, 1)
    s3_server.objects[stranger] = b""
    assert [stored.key for stored in lake.list("")] == [str(checkpoint(1))]
