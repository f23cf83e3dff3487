"""The lake in S3 or a server that speaks it (MinIO, RustFS): beside s3_puts the only module that uses boto3.

`put_if_absent` is a PutObject with `If-None-Match: *`, which S3 made atomic in August 2024 (412 for the
loser, 409 while another conditional write is in progress: retried). A put that is repeated after a
time-out may meet its own first attempt and see 412; callers read what is stored and go on from that.
Servers that speak S3 may refuse the header, or ignore it without a word: each process tries that first.
Needs s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket: without the last, S3 says 403
for a missing key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import batched
from threading import Lock
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.handlers import add_expect_header
from pydantic import SecretStr
from tenacity import (
    Retrying,
    retry_if_exception,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from gamemarket.errors import LakeError, MissingObjectError
from gamemarket.lake_keys import LakeKey, MartsPointerKey, PutIfAbsentKey
from gamemarket.s3_access import S3Access
from gamemarket.s3_puts import CONNECT_SECONDS, READ_SECONDS, SignedPuts
from gamemarket.stored_object import StoredObject, is_hidden

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# As many connections as threads that put pages; boto3's default of 10 would make them queue.
_MAX_CONNECTIONS = 64
# What servers other than AWS answer to, where none is set.
_USUAL_REGION = "us-east-1"
# DeleteObjects takes at most 1,000 keys (S3 API reference).
_DELETE_BATCH = 1_000


# A connection that ends in the middle of a body.
_CUT = (IncompleteReadError, ReadTimeoutError, ResponseStreamingError)
# Nothing that credentials could mend.
_AWAY = (*_CUT, ConnectionError, HTTPClientError)

_NO_PUT_IF_ABSENT = (
    "The lake needs a store that refuses to create an object twice (If-None-Match: *), and this one does "
    "not: runs would overwrite each other's commits. AWS and MinIO do; use one of them, or a folder."
)


class S3Lake:
    """A lake in one bucket; keys are object keys."""

    def __init__(self, client: S3Client, bucket: str, puts: SignedPuts | None = None) -> None:
        """Takes a client; `connect` makes one from the environment's AWS settings."""
        self._client = client
        self._puts = puts
        self._bucket = bucket
        self._proving = Lock()
        self._is_proven = False

    @classmethod
    def connect(cls, bucket: str, endpoint: str | None) -> S3Lake:
        """A bucket at AWS, or at `endpoint`; makes no request yet.

        Credentials and region come from boto3's own chain (AWS_*, profiles, task roles).
        """
        config = Config(  # type: ignore[call-arg]  # the stubs lack ignore_configured_endpoint_urls
            max_pool_connections=_MAX_CONNECTIONS,
            retries={"mode": "standard", "max_attempts": 5},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            # One integrity check a request, not two: the signature covers the body's sha256 as well.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            user_agent="game-market",  # boto3 puts its own together anew for each request
            # Our own setting says where the store is, to DuckDB too: not AWS_ENDPOINT_URL, nor a profile.
            ignore_configured_endpoint_urls=True,
            # MinIO and its like are addressed as host/bucket.
            s3={"addressing_style": "path"} if endpoint else {},
        )
        with _lake_errors("open", f"s3://{bucket}"):
            session = _open_session()
            client = session.client("s3", endpoint_url=endpoint, config=config)
            # `Expect: 100-continue` costs a round trip a put, and a second where nobody answers it.
            client.meta.events.unregister("before-call.s3", add_expect_header)
            return cls(client, bucket, SignedPuts(client, bucket, session))

    @property
    def uri(self) -> str:
        """The bucket as s3://name."""
        return f"s3://{self._bucket}"

    def put_if_absent(self, key: LakeKey, body: bytes | bytearray) -> bool:
        """Creates the object; False when it is there already (412)."""
        self._prove_put_if_absent()
        return self._create(key, body)

    def _create(self, key: LakeKey, body: bytes | bytearray) -> bool:
        created = self._puts.create(str(key), body) if self._puts else None
        if created is not None:
            return created
        try:
            with _lake_errors("write", str(key)):
                _while_contended(
                    self._client.put_object,
                    Bucket=self._bucket,
                    Key=str(key),
                    Body=body,
                    IfNoneMatch="*",
                )
        except _PreconditionFailedError:
            return False
        return True

    def _prove_put_if_absent(self) -> None:
        """Puts one object twice: where both are accepted, commits would be overwritten.

        Once a process, as no object in a bucket can prove it: a copy of the bucket would hold it too.
        """
        with self._proving:
            if self._is_proven:
                return
            tried = PutIfAbsentKey()
            if self._create(tried, b"") and self._create(tried, b""):
                raise LakeError(f"{self.uri} can't be a lake: {_NO_PUT_IF_ABSENT}")
            self._is_proven = True

    def get(self, key: LakeKey | str) -> bytes:
        """The object's bytes; MissingObjectError when there is none."""
        with _lake_errors("read", str(key)):
            return _while_cut(self._read, str(key))

    def _read(self, key: str) -> bytes:
        return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """All objects whose keys begin with `prefix`, sorted by key; one request per 1,000."""
        with _lake_errors("list", prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix
            )
            for page in pages:
                for found in page.get("Contents", []):
                    if not is_hidden(found["Key"]):
                        yield StoredObject(found["Key"], found["Size"], found.get("ETag", ""))

    def delete(self, keys: Iterable[str]) -> None:
        """Removes objects, 1,000 a request, or one by one where the store can't do that."""
        for batch in batched(keys, _DELETE_BATCH):
            with _lake_errors("remove", f"{batch[0]} and {len(batch) - 1} more"):
                for key in self._delete_together(batch):
                    self._client.delete_object(Bucket=self._bucket, Key=key)

    def _delete_together(self, keys: Sequence[str]) -> Sequence[str]:
        """The keys that are left: all where DeleteObjects is not known, or wants another checksum."""
        try:
            answer = self._client.delete_objects(
                Bucket=self._bucket,
                Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True},
            )
        except ClientError:
            return keys
        return [failed["Key"] for failed in answer.get("Errors", [])]

    def replace(self, key: MartsPointerKey, body: bytes) -> None:
        """Replaces the pointer in one step."""
        with _lake_errors("write", str(key)):
            self._client.put_object(Bucket=self._bucket, Key=str(key), Body=body)

    def swap(self, key: MartsPointerKey, before: bytes | None, body: bytes) -> bool:
        """A PutObject with `If-Match`, or `If-None-Match` where nothing was there; False for a 412."""
        if before is None:
            return self.put_if_absent(key, body)
        try:
            with _lake_errors("write", str(key)):
                stored = self._client.get_object(Bucket=self._bucket, Key=str(key))
                if stored["Body"].read() != before:
                    return False
                _while_contended(
                    self._client.put_object,
                    Bucket=self._bucket,
                    Key=str(key),
                    Body=body,
                    IfMatch=stored["ETag"],
                )
        except (_PreconditionFailedError, MissingObjectError):
            return False
        return True


def _open_session() -> boto3.Session:
    """Leaves times as text: nobody reads them, and parsing them is two thirds of a listing's CPU."""
    session = botocore.session.get_session()
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=str)
    return boto3.Session(botocore_session=session)


def find_s3_access(bucket: str, endpoint: str | None) -> S3Access:
    """What the environment, a profile or the task's role gives; LakeError when there is nothing."""
    with _lake_errors("open", f"s3://{bucket}"):
        session = boto3.Session()
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        frozen = credentials.get_frozen_credentials()
        if frozen.access_key is None or frozen.secret_key is None:
            raise NoCredentialsError
    return S3Access(
        bucket=bucket,
        endpoint=endpoint,
        region=session.region_name or _USUAL_REGION,
        key_id=frozen.access_key,
        secret_key=SecretStr(frozen.secret_key),
        session_token=SecretStr(frozen.token) if frozen.token else None,
    )


class _PreconditionFailedError(Exception):
    """412: an object of this key is there already."""


def _status(error: BaseException) -> int:
    if not isinstance(error, ClientError):
        return 0
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


# 409 ConditionalRequestConflict: S3 asks to try the upload again (PutObject, API reference).
_while_contended = Retrying(
    retry=retry_if_exception(lambda error: _status(error) == 409),
    stop=stop_after_attempt(8),
    wait=wait_random_exponential(multiplier=0.05, max=2),
    reraise=True,
)


# boto3 tries a request again until its answer begins; the body is read by us.
_while_cut = Retrying(
    retry=retry_if_exception_type(_CUT),
    stop=stop_after_attempt(5),
    wait=wait_random_exponential(multiplier=0.1, max=2),
    reraise=True,
)


@contextmanager
def _lake_errors(verb: str, what: str) -> Iterator[None]:
    """Turns boto3's errors into ours: 412 and a missing key apart from everything refused."""
    try:
        yield
    except ClientError as error:
        status, code = _status(error), error.response.get("Error", {}).get("Code", "")
        if status == 412:
            raise _PreconditionFailedError from None
        if code == "NoSuchKey":
            raise MissingObjectError(what) from None
        raise LakeError(f"Could not {verb} {what}: {_explain(status, code)}") from error
    except _AWAY as error:
        raise LakeError(
            f"Could not {verb} {what}: the store does not answer ({error}). See that it runs and "
            "that S3_ENDPOINT is its address, then run again: nothing was lost."
        ) from error
    except BotoCoreError as error:
        raise LakeError(
            f"Could not {verb} {what}: {error}. Check AWS_DEFAULT_REGION and the AWS credentials, "
            "then run again: nothing was lost."
        ) from error


def _explain(status: int, code: str) -> str:
    if status == 403:
        return (
            f"the store refused it (403 {code}). Check the credentials and that they allow "
            "s3:ListBucket, GetObject, PutObject and DeleteObject on this bucket."
        )
    if status == 404:
        return f"no such bucket (404 {code}). Create it, or correct DATA_LAKE_BUCKET."
    if status == 501:
        return f"the store can't do that (501 {code}). {_NO_PUT_IF_ABSENT}"
    return f"the store answered {status} {code}. Run again later: nothing was lost."
