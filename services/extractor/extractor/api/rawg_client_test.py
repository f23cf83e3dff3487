from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from pydantic_core import from_json

from extractor.api import rawg_client
from extractor.api.errors import QuestionRefusedError, QuotaSpentError, TransientError
from extractor.api.rawg_client import RawgClient, Request
from extractor.conftest import KEY, NOW, Answer, LoopbackApi
from extractor.workers.worker_pool import StopRequest
from gamemarket.endpoints import Source
from gamemarket.errors import DataError, KeyRefusedError, UpstreamError, UsageError
from gamemarket.run_dates import Clock

GAMES = Request("/games", {"page": "1", "page_size": "5"}, frozenset({200}), "the first page")


def page_body(**changes: object) -> bytes:
    envelope = {"count": 9, "next": None, "previous": None, "results": [{"id": 1}]}
    return json.dumps(envelope | changes).encode()


def test_an_answer_comes_with_the_time_of_the_source(client: RawgClient) -> None:
    answer = client.ask(GAMES)
    assert [row["id"] for row in from_json(answer.body)["results"]] == [1, 2, 3, 4, 5]
    assert (answer.status, answer.observed_at) == (200, datetime(2024, 1, 3, 6, tzinfo=UTC))


def test_a_status_that_answers_is_no_error(api: LoopbackApi, client: RawgClient) -> None:
    api.next_answers.append(Answer(404, b'{"detail":"Invalid page."}'))
    assert client.ask(replace(GAMES, answers=frozenset({200, 404}))).status == 404


def test_the_key_is_not_in_the_body(client: RawgClient) -> None:
    answer = client.ask(GAMES)
    assert KEY.encode() not in answer.body
    assert b"key=REDACTED" in answer.body


def test_an_endpoint_that_does_not_exist_is_an_error(api: LoopbackApi, client: RawgClient) -> None:
    api.next_answers.append(Answer(404, b'{"detail":"Not found."}'))
    with pytest.raises(UsageError, match=r"nothing at http.*/games \(404\)"):
        client.ask(GAMES)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, b"oops"),
        Answer(502, b"<html>Bad gateway</html>"),
        Answer(522, b""),
        Answer(408, b""),
        Answer(429, b""),
        Answer(200, page_body(), cut=20),
    ],
    ids=lambda answer: f"{answer.status}-{answer.body[:24]!r}-{answer.cut}",
)
def test_what_may_be_better_next_time_is_transient(
    api: LoopbackApi, client: RawgClient, answer: Answer
) -> None:
    api.next_answers.append(answer)
    with pytest.raises(TransientError):
        client.ask(GAMES)
    assert client.ask(GAMES).status == 200


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("The key parameter is not provided", KeyRefusedError),
        ("The API key is not found", KeyRefusedError),
        ("The monthly API limit reached", QuotaSpentError),
    ],
)
def test_the_three_refusals_are_told_apart_by_their_text(
    api: LoopbackApi, client: RawgClient, text: str, error: type[Exception]
) -> None:
    api.next_answers.append(Answer(401, json.dumps({"error": text}).encode()))
    with pytest.raises(error) as refused:
        client.ask(GAMES)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("status", [400, 422])
def test_what_the_api_does_not_understand_is_for_endpoints_json(
    api: LoopbackApi, client: RawgClient, status: int
) -> None:
    api.next_answers.append(Answer(status, f"no such ordering, {KEY}".encode()))
    with pytest.raises(QuestionRefusedError, match=f"{status}, no such ordering") as refused:
        client.ask(GAMES)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("status", [304, 403])
def test_other_refusals_are_final(api: LoopbackApi, client: RawgClient, status: int) -> None:
    api.next_answers.append(Answer(status, f"no, {KEY}".encode()))
    with pytest.raises(UpstreamError, match=str(status)) as refused:
        client.ask(GAMES)
    assert not isinstance(refused.value, TransientError)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_pause_that_the_api_asks_for_comes_with_the_error(
    api: LoopbackApi, client: RawgClient, status: int
) -> None:
    api.next_answers.append(Answer(status, headers={"Retry-After": "7"}))
    with pytest.raises(TransientError) as asked:
        client.ask(GAMES)
    assert asked.value.retry_after_seconds == 7.0


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:18999x",
        "api.rawg.io/api",
        "ftp://x/api",
        "https://user:secret@api.rawg.io/api",
        "https://api.rawg.io/api?key=secret",
        "https://api.rawg.io/api#secret",
    ],
)
def test_a_base_url_that_is_none_is_refused_and_not_shown(source: Source, url: str) -> None:
    with pytest.raises(UsageError, match=r"RAWG_BASE_URL .*http\(s\)://host/path") as refused:
        RawgClient(source, url, SecretStr(KEY), Clock(NOW), StopRequest())
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("https://x.example/games?key=secret", r"is not answered but sent on to https://x.ex"),
        ("/login?next=secret", r"sent on to http://127\.0\.0\.1:\d+/login \(302\): a login page"),
    ],
)
def test_a_redirect_is_not_followed_and_says_where_it_leads(
    api: LoopbackApi, client: RawgClient, location: str, sentence: str
) -> None:
    api.next_answers.append(Answer(302, headers={"Location": location}))
    with pytest.raises(UsageError, match=sentence) as refused:
        client.ask(GAMES)
    assert "RAWG_BASE_URL" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert KEY not in str(refused.value)


def test_an_api_that_speaks_https_only_says_so(api: LoopbackApi, client: RawgClient) -> None:
    secure = client.base_url.replace("http:", "https:")
    location = f"{secure}/games?page=1&key={KEY}"
    api.next_answers.append(Answer(301, headers={"Location": location}))
    with pytest.raises(UsageError, match=f"set RAWG_BASE_URL to the https base URL, as {secure}"):
        client.ask(GAMES)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-32-be"])
def test_a_key_in_another_encoding_is_not_stored(
    api: LoopbackApi, client: RawgClient, encoding: str
) -> None:
    body = page_body(next=f"http://api/games?key={KEY}&page=2").decode()
    api.next_answers.append(Answer(200, body.encode(encoding)))
    answer = client.ask(GAMES)
    assert KEY.encode() not in answer.body
    assert b"key=REDACTED&page=2" in answer.body


def test_a_key_in_a_refusal_in_utf_16_is_not_shown(api: LoopbackApi, client: RawgClient) -> None:
    api.next_answers.append(Answer(400, f"No such key={KEY}".encode("utf-16")))
    with pytest.raises(UsageError, match="No such key=") as refused:
        client.ask(GAMES)
    assert KEY not in str(refused.value)


def test_a_body_without_an_end_is_no_page(
    monkeypatch: pytest.MonkeyPatch, api: LoopbackApi, client: RawgClient
) -> None:
    monkeypatch.setattr(rawg_client, "LARGEST_BODY_BYTES", 1000)
    api.next_answers.append(Answer(200, page_body(results=[{"id": 1, "name": "x" * 1000}])))
    with pytest.raises(DataError, match="larger than 1,000 bytes"):
        client.ask(GAMES)


@pytest.mark.parametrize(
    "key", ["pc", "a", "1", "games", "0123456", "0123 4567", "01234567é", "01234567\n"]
)
def test_a_key_that_is_none_is_refused_and_not_shown(source: Source, key: str) -> None:
    with pytest.raises(UsageError, match="RAWG_API_KEY is no key") as refused:
        RawgClient(source, None, SecretStr(key), Clock(NOW), StopRequest())
    assert "rawg.io/apidocs" in str(refused.value)
    assert len(key) < 4 or key not in str(refused.value)


@pytest.mark.parametrize(
    "key", ["metacritic", "grand-theft-auto-v", "0123456789abcdef0123456789abcdef"]
)
def test_a_key_alters_no_row(api: LoopbackApi, source: Source, key: str) -> None:
    api.rows = [{"id": 1, "slug": "grand-theft-auto-v", "metacritic": 97}] * 6
    with closing(RawgClient(source, None, SecretStr(key), Clock(NOW), StopRequest())) as client:
        answer = client.ask(GAMES)
    assert from_json(answer.body)["results"] == api.rows[:5]
    assert f"key={key}".encode() not in answer.body
    assert b"key=REDACTED&page=2" in answer.body


def test_no_server_is_transient_and_the_key_stays_hidden(
    api: LoopbackApi, client: RawgClient
) -> None:
    client.base_url = "http://127.0.0.1:1"
    with pytest.raises(TransientError, match="ConnectError") as refused:
        client.ask(GAMES)
    assert KEY not in str(refused.value)
