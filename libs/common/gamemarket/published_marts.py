"""Published marts: the pointer that names their files, and a DuckDB that has them as views.

Whoever reads marts begins here. Who publishes them is the transformer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError, computed_field, model_validator

from gamemarket.duckdb_lake import DUCKDB_CONFIG, let_read_lake
from gamemarket.errors import LakeError, MissingObjectError, UsageError
from gamemarket.lake import Lake
from gamemarket.lake_keys import MartsPointerKey
from gamemarket.s3_access import S3Access

__all__ = [
    "MartsPointer",
    "PublishedFile",
    "PublishedMart",
    "explain_no_marts",
    "list_pointers",
    "open_marts",
    "parse_pointer",
    "read_files",
    "read_pointer",
]


class PublishedFile(BaseModel):
    """One Parquet file: `key` in the lake, rows, the sha256 of its bytes.

    `month` is YYYY-MM where the mart is split by month. `fingerprint` is of the rows as the warehouse has
    them: a file is put again when it is another one. Empty in pointers that were made before it was kept.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    rows: int
    sha256: str
    month: str | None = None
    fingerprint: str = ""


class PublishedMart(BaseModel):
    """One mart: `files` hold its rows, each row in one of them; what the mart is, for people.

    `split_by` is the date by which rows are in the file of a month; empty where there is one file of all.
    `natural_key` are its key's columns, `columns` what each column is.
    """

    model_config = ConfigDict(frozen=True)

    files: tuple[PublishedFile, ...]
    split_by: str = ""
    description: str = ""
    natural_key: tuple[str, ...] = ()
    columns: dict[str, str] = {}

    @model_validator(mode="before")
    @classmethod
    def _read_former(cls, data: object) -> object:
        """Pointers that were made before a mart had several files."""
        if isinstance(data, dict) and "key" in data:
            file = {name: data.get(name) for name in ("key", "rows", "sha256")}
            return {**data, "files": (file,)}
        return data

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def sha256(self) -> str:
        """Of what the files hold: the same for the same files, whichever build has put them."""
        digests = [file.sha256 for file in self.files]
        return digests[0] if len(digests) == 1 else sha256("".join(digests).encode()).hexdigest()


class MartsPointer(BaseModel):
    """marts/current_<target>.json: the published build; `previous`: those kept, newest first.

    `previous_files`: what each of these names in folders of older builds, which is kept, too.
    `watermark`: up to when the build has loaded all that was committed.
    """

    model_config = ConfigDict(frozen=True)

    build_id: str
    built_at: datetime
    models: dict[str, PublishedMart]
    previous: tuple[str, ...] = ()
    previous_files: dict[str, tuple[str, ...]] = {}
    watermark: datetime | None = None

    @property
    def builds(self) -> frozenset[str]:
        """All builds whose own files are kept because of it."""
        return frozenset((self.build_id, *self.previous))

    @property
    def files(self) -> tuple[str, ...]:
        """The keys of all files of the build, also of those that earlier builds have put."""
        return tuple(file.key for mart in self.models.values() for file in mart.files)

    @property
    def kept_files(self) -> frozenset[str]:
        """All files that are kept because of it, beside those of `builds`."""
        return frozenset(self.files).union(*self.previous_files.values())

    @property
    def row_counts(self) -> dict[str, int]:
        """Rows by mart."""
        return {name: mart.rows for name, mart in self.models.items()}

    def is_newer_than(self, watermark: datetime | None) -> bool:
        """Whether it is of a newer lake than a build with this watermark."""
        if self.watermark is None:
            return False
        return watermark is None or self.watermark > watermark


def read_pointer(lake: Lake, target: str) -> MartsPointer | None:
    """The target's pointer, or None when nothing was published yet."""
    key = MartsPointerKey(target=target)
    try:
        return parse_pointer(key, lake.get(key))
    except MissingObjectError:
        return None


def list_pointers(stored: Iterable[str]) -> list[MartsPointerKey]:
    """The pointers among the keys of a lake, in their order."""
    return [key for key in map(MartsPointerKey.parse, stored) if key]


def explain_no_marts(lake: Lake, target: str) -> UsageError:
    """The error for who asks a target that has published nothing."""
    pointers = list_pointers(one.key for one in lake.list("marts/current_"))
    others = " or ".join(f"--target {pointer.target}" for pointer in pointers)
    first = f"run `transformer build --target {target}` first"
    return UsageError(
        f"No marts of target {target} are published in this lake yet: "
        f"{f'ask those of {others}, or ' if others else ''}{first}."
    )


def parse_pointer(key: MartsPointerKey, body: bytes) -> MartsPointer:
    """The pointer that an object holds; LakeError when it is none."""
    try:
        return MartsPointer.model_validate_json(body)
    except ValidationError as error:
        raise LakeError(
            f"{key} is not a pointer that this version can read "
            f"({error.errors()[0]['msg']}): remove it and build again."
        ) from None


@contextmanager
def open_marts(
    lake: Lake, pointer: MartsPointer, access: S3Access | None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own with the published marts as views, `marts.dim_games` and so on.

    A lake in S3 needs `access`: only the columns that a query names are read from there.
    """
    with duckdb.connect(config=DUCKDB_CONFIG) as db:
        let_read_lake(db, access)
        db.execute("create schema marts; set search_path = 'marts'")
        for name, mart in pointer.models.items():
            db.execute(f"create view marts.{name} as from {read_files(lake, mart.files)}")
        yield db


def read_files(lake: Lake, files: Iterable[PublishedFile]) -> str:
    """What DuckDB selects from to read the rows of these files, which are one at least."""
    named = ", ".join(f"'{_quoted(f'{lake.uri}/{file.key}')}'" for file in files)
    return f"read_parquet([{named}])"


def _quoted(text: str) -> str:
    return text.replace("'", "''")
