"""What another reader of the lake in S3 needs (DuckDB's own client): address, region, credentials."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

__all__ = ["S3Access"]


@dataclass(frozen=True, slots=True)
class S3Access:
    """Access to one bucket, as boto3's chain gives it at this moment; shown without its secrets.

    Temporary credentials end: one is asked for anew for every connection.
    """

    bucket: str
    endpoint: str | None
    region: str
    key_id: str
    secret_key: SecretStr
    session_token: SecretStr | None
