"""What a refusal means: an error worth another try, or one that no retry mends, with what to do.

How a spent quota is told is the source's (endpoints.json): RAWG's three refusals are all 401 and differ by
their text only.
"""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from extractor.api.errors import QuestionRefusedError, QuotaSpentError, TransientError
from extractor.api.headers import read_location, read_pause
from gamemarket.endpoints import Source
from gamemarket.errors import GameMarketError, KeyRefusedError, UpstreamError
from gamemarket.logs import redact
from gamemarket.run_dates import Clock

_WORTH_ANOTHER_TRY = frozenset({408, 425, 429})
_MISUNDERSTOOD = frozenset({400, 410, 414, 422})


@dataclass(frozen=True, slots=True)
class Refusals:
    """Reads the refusals of one source, asked at `base_url`."""

    source: Source
    base_url: str
    clock: Clock

    def explain(self, path: str, response: httpx.Response, body: bytes) -> GameMarketError:
        """The error to raise; `body` is UTF-8 and holds no key."""
        status, excerpt = response.status_code, _excerpt(body)
        quota = self.source.quota_refusal
        if quota and quota.is_said(status, body):
            return QuotaSpentError(
                "The API says that its quota is spent. What was read is kept: run the same command "
                "again when the quota begins anew."
            )
        if status == 401:
            return KeyRefusedError(
                f"The API refused the key (401): {excerpt}. {self._advise_on_key()}"
            )
        pause = read_pause(response.headers, self.clock.now())
        # Some APIs say with a 403 that they are asked too fast: who names a pause wants to be asked again.
        if status in _WORTH_ANOTHER_TRY or status >= 500 or (status == 403 and pause is not None):
            return TransientError(f"status {status}", pause)
        if status == 404:
            return QuestionRefusedError(
                f"The API has nothing at {self.base_url}{path} (404). "
                "Check the endpoint's path in endpoints.json."
            )
        if status in _MISUNDERSTOOD:
            return QuestionRefusedError(
                f"The API does not understand what {path} is asked: status {status}, {excerpt}. "
                "Check the endpoint's params in endpoints.json."
            )
        if response.has_redirect_location:
            return self._explain_redirect(path, response)
        return UpstreamError(f"The API refused {path}: status {status}, {excerpt}")

    def _explain_redirect(self, path: str, response: httpx.Response) -> QuestionRefusedError:
        """Redirects are not followed: the key would go wherever somebody points."""
        target = read_location(response)
        variable, status = self.source.base_url_variable, response.status_code
        asked = response.url.copy_with(query=None)
        if target and target == asked.copy_with(scheme="https", port=target.port):
            https = self.base_url.replace("http:", "https:", 1)
            return QuestionRefusedError(
                f"The API answers by https only ({status}): set {variable} to the https base URL, "
                f"as {https}."
            )
        return QuestionRefusedError(
            f"{path} is not answered but sent on to {target or 'nowhere'} ({status}): a login "
            f"page or a proxy stands before the API, or it has moved. Check {variable}."
        )

    def _advise_on_key(self) -> str:
        page = self.source.key_page
        where = f"; a key is to be had at {page}" if page else ""
        return f"Check {self.source.key_variable}{where}."


def _excerpt(body: bytes) -> str:
    text = " ".join(body[:1000].decode(errors="replace").split())
    return redact(text)[:200] or "no text"
