from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from extractor.api.rawg_client import (
    PageRequest,
    QuestionRefusedError,
    QuotaSpentError,
    RawgClient,
    TransientError,
)
from extractor.conftest import KEY, LAYOUT, NOW, Answer, LoopbackApi
from extractor.pages.pages import Layout, Slot
from extractor.workers.worker_pool import StopRequest
from gamemarket.endpoints import Source
from gamemarket.errors import KeyRefusedError, UpstreamError, UsageError
from gamemarket.run_dates import Clock
from gamemarket.sources import PageNumbers


def request(page: int) -> PageRequest:
    return PageRequest("/games", {"page": str(page), "page_size": "5"}, Slot(page), LAYOUT)


def page_body(**changes: object) -> bytes:
    envelope = {"count": 9, "next": None, "previous": None, "results": [{"id": 1}]}
    return json.dumps(envelope | changes).encode()


def test_a_page_comes_with_the_time_of_the_source(client: RawgClient) -> None:
    page = client.get_page(request(1))
    assert list(page.facts.ids) == [1, 2, 3, 4, 5]
    assert page.observed_at == datetime(2024, 1, 3, 6, tzinfo=UTC)


def test_the_key_is_not_in_the_body(client: RawgClient) -> None:
    page = client.get_page(request(1))
    assert KEY.encode() not in page.body
    assert b"key=REDACTED" in page.body


def test_a_page_behind_the_end_is_an_empty_page(client: RawgClient) -> None:
    page = client.get_page(request(6))
    assert page.is_behind_the_end
    assert (list(page.facts.ids), page.facts.count) == ([], None)


def test_an_endpoint_that_does_not_exist_is_an_error(api: LoopbackApi, client: RawgClient) -> None:
    api.next_answers.append(Answer(404, b'{"detail":"Not found."}'))
    with pytest.raises(UsageError, match=r"nothing at http.*/games \(404\)"):
        client.get_page(request(1))


def test_a_page_that_should_be_empty_and_is_not_found_is_an_error(
    api: LoopbackApi, client: RawgClient
) -> None:
    api.next_answers.append(Answer(404, b"no such path"))
    paging = PageNumbers(behind_the_end="empty_page")
    with pytest.raises(UsageError, match="has nothing at"):
        client.get_page(replace(request(2), layout=Layout(paging, page_size=5)))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, b"oops"),
        Answer(502, b"<html>Bad gateway</html>"),
        Answer(522, b""),
        Answer(404, b"<html>404 Not Found</html>"),
        Answer(408, b""),
        Answer(429, b""),
        Answer(200, b"<html>maintenance</html>"),
        Answer(200, page_body()[:40]),
        Answer(200, page_body(), cut=20),
        Answer(200, b'{"redirect": true, "slug": "x"}'),
        Answer(200, page_body(results=[])),
        Answer(200, page_body(results=None)),
        Answer(200, page_body(results=[{"name": "no id"}])),
        Answer(200, page_body(count=None)),
        Answer(200, b"[]"),
        Answer(200, b""),
    ],
    ids=lambda answer: f"{answer.status}-{answer.body[:24]!r}-{answer.cut}",
)
def test_what_may_be_better_next_time_is_transient(
    api: LoopbackApi, client: RawgClient, answer: Answer
) -> None:
    api.next_answers.append(answer)
    with pytest.raises(TransientError):
        client.get_page(request(2))
    assert list(client.get_page(request(2)).facts.ids) == [6, 7, 8, 9, 10]


def test_an_empty_list_is_a_page(api: LoopbackApi, client: RawgClient) -> None:
    api.rows = []
    assert client.get_page(request(1)).facts.count == 0


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
        client.get_page(request(1))
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("status", [400, 422])
def test_what_the_api_does_not_understand_is_for_endpoints_json(
    api: LoopbackApi, client: RawgClient, status: int
) -> None:
    api.next_answers.append(Answer(status, f"no such ordering, {KEY}".encode()))
    with pytest.raises(QuestionRefusedError, match=f"{status}, no such ordering") as refused:
        client.get_page(request(1))
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("status", [301, 403])
def test_other_refusals_are_final(api: LoopbackApi, client: RawgClient, status: int) -> None:
    api.next_answers.append(Answer(status, f"no, {KEY}".encode()))
    with pytest.raises(UpstreamError, match=str(status)) as refused:
        client.get_page(request(1))
    assert not isinstance(refused.value, TransientError)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("Wed, 03 Jan 2024 06:00:30 GMT", 30.0), ("soon", None)],
)
def test_retry_after_is_understood_in_both_forms(
    api: LoopbackApi, client: RawgClient, value: str, seconds: float | None
) -> None:
    api.next_answers.append(Answer(429, headers={"Retry-After": value}))
    with pytest.raises(TransientError) as asked:
        client.get_page(request(1))
    assert asked.value.retry_after_seconds == seconds


@pytest.mark.parametrize("url", ["http://127.0.0.1:18999x", "api.rawg.io/api", "ftp://x/api"])
def test_a_base_url_that_is_none_is_refused(source: Source, url: str) -> None:
    with pytest.raises(UsageError, match="can't be the API's base URL"):
        RawgClient(source, url, SecretStr(KEY), Clock(NOW), StopRequest())


def test_no_server_is_transient_and_the_key_stays_hidden(
    api: LoopbackApi, client: RawgClient
) -> None:
    client.base_url = "http://127.0.0.1:1"
    with pytest.raises(TransientError, match="ConnectError") as refused:
        client.get_page(request(1))
    assert KEY not in str(refused.value)
