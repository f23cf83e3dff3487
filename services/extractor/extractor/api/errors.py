"""How a request ends that brings no answer to store.

UpstreamError
    TransientError         worth another try
DataError
    NoPageError            no page, and none at the next try
UsageError
    QuestionRefusedError   nothing that the API answers
StoppedEarlyError
    QuotaSpentError        to be gone on with later
"""

from __future__ import annotations

from gamemarket.errors import DataError, StoppedEarlyError, UpstreamError, UsageError


class TransientError(UpstreamError):
    """Worth another try; `retry_after_seconds` when the API asked for a pause."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        """Takes what came back, without the key."""
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class NoPageError(DataError):
    """What the API answers is no page, and would be none at the next try."""


class QuestionRefusedError(UsageError):
    """What an endpoint asks is nothing that the API answers: endpoints.json is to be corrected."""


class QuotaSpentError(StoppedEarlyError):
    """The quota's requests are used up (RAWG: 20,000 a month on the free plan)."""
