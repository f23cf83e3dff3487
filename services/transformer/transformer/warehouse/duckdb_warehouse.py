"""The warehouse as a DuckDB file: what the transformer itself does in it, beside dbt.

Schema `lake` is lake_tables'; schema `<source>_lake` holds a view per endpoint over exactly the parts
that are due, in a folder or in S3: DuckDB looks for every file that a view names whenever that is read. Of
endpoints without a base model, whose history nothing keeps, it has all parts of current generations. DuckDB
lets one process at a time write a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from gamemarket.duckdb_lake import DUCKDB_CONFIG, let_read_lake
from gamemarket.endpoints import Endpoint
from gamemarket.errors import GameMarketError, LakeError
from gamemarket.s3_access import S3Access
from transformer.dbt_runner.dbt_project import DbtProject
from transformer.dbt_runner.dbt_results import ModelResult
from transformer.lake.lake_parts import LakeChanges, LakePart
from transformer.lake.load_plan import LoadPlan, WarehouseMemory
from transformer.warehouse import lake_tables
from transformer.warehouse.duckdb_errors import explain_duckdb_error, is_foreseen
from transformer.warehouse.mart_slices import MartSlice, copy_to_parquet, survey_mart
from transformer.warehouse.pending_marts import begin_pending, take_over
from transformer.warehouse.warehouse_lock import hold_warehouse

__all__ = ["DuckDb", "DuckDbWarehouse"]

# Warehouses that were made without has_passed remembered parts that had passed only.
_UPGRADE_MEMORY = (
    "alter table lake.loaded_parts add column if not exists has_passed boolean default true"
)

# Twice: the hash of several values is theirs joined by xor, and a sum may not show rows that swap values.
_DIGEST = "sum(hash(hash({columns})))"

_LONGEST_MESSAGE = 500
# What httpfs says of a server that it can't read from, and of one that it can't reach.
_LAKE_TROUBLE = re.compile(r"HTTP Error|s3://|error for HTTP (GET|HEAD)")
_STORE_IS_AWAY = re.compile(r"could not (connect|resolve)|time(d )?out", re.IGNORECASE)

# The extractor stores none above 16 MB; DuckDB counts an object that is read in two pieces as larger than
# it is, and sets aside twice this for each of its threads.
_LARGEST_PAGE_BYTES = 32 * 1024 * 1024

# The relation that staging reads: one page a line, whole.
_RAW_VIEW = """
create or replace view {name} as
select
    json as payload,
    cast(regexp_extract(filename, 'run_date=([0-9-]+)/[^/]*$', 1) as date) as run_date,
    substr(filename, {prefix_length} + 1) as file_name
from read_ndjson_objects([{files}], filename = true, maximum_object_size = {largest})
"""

_EMPTY_RAW_VIEW = """
create or replace view {name} as
select
    cast(null as json) as payload,
    cast(null as date) as run_date,
    cast(null as varchar) as file_name
where false
"""


class DuckDb:
    """An open file."""

    Error = duckdb.Error

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, list(parameters)).fetchall()

    def insert(
        self, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]]
    ) -> None:
        """All as one text of JSON: executemany takes a statement a row, and lists are bound value by value
        (1,000 rows of 9 columns: 1.5 s, as JSON 0.03 s).
        """
        names = list(columns)
        text = json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=str)
        listed = ", ".join(f"item.{name}" for name in names)
        self._db.execute(
            f"insert into {table} ({', '.join(names)}) select {listed} "
            f"from (select unnest(from_json(?::json, '{json.dumps([columns])}')) as item)",
            [text],
        )


class DuckDbWarehouse:
    """One DuckDB file."""

    def __init__(
        self, path: Path, access: S3Access | None = None, memory_limit: str | None = None
    ) -> None:
        """Takes the file's path (made when needed), access to the lake if that is in S3, and how much
        memory DuckDB may take (None: what it takes by itself).
        """
        self._path = path
        self._access = access
        limit = {"memory_limit": memory_limit} if memory_limit else {}
        self._config = {**DUCKDB_CONFIG, **limit}
        self._keeps_open = False
        self._kept: duckdb.DuckDBPyConnection | None = None

    def hold(self, command: str) -> AbstractContextManager[None]:
        """A lock beside the file."""
        return hold_warehouse(self._path, command)

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Whoever closes DuckDB's file last has all that is new in it written out, and the next to open
        it reads that again. dbt shares it: profiles.yml configures DuckDB as we do.
        """
        self._keeps_open = True
        try:
            yield
        finally:
            self._keeps_open = False
            self._let_go()

    def remember(self) -> WarehouseMemory:
        """What earlier builds left; UpstreamError (69) when another process holds the file."""
        with self.session() as db:
            for statement in (*lake_tables.CREATE_MEMORY, _UPGRADE_MEMORY):
                db.ask(statement)
            return lake_tables.read_memory(db)

    def change_lake(self, changes: LakeChanges, *, anew: bool) -> None:
        """Writes what has changed of the manifests; `anew`: these are all."""
        with self.session() as db:
            lake_tables.change_lake(db, changes, anew=anew)

    def prepare(
        self,
        lake_uri: str,
        endpoints: Iterable[Endpoint],
        plan: LoadPlan,
        project: DbtProject,
    ) -> None:
        """Writes which parts are due, and the raw views that dbt's sources name."""
        with self.session() as db:
            db.ask("begin")
            lake_tables.remember_attempt(db, plan, project)
            modelled = frozenset().union(*project.base_models.values())
            for endpoint in endpoints:
                name = (endpoint.source, endpoint.name)
                if name in modelled:
                    read = [p for p in plan.due if (p.source_system, p.endpoint) == name]
                else:
                    of_endpoint = "source_system = ? and endpoint = ?"
                    read = [*lake_tables.read_rows(db, LakePart, of_endpoint, name)]
                files = [part.file_name for part in read]
                db.ask(f"create schema if not exists {endpoint.source}_lake")
                db.ask(_raw_view(f"{endpoint.source}_lake.raw_{endpoint.name}", lake_uri, files))
            db.ask("create schema if not exists pending")
            begin_pending(db)
            db.ask("commit")

    def take_over(self, marts: Sequence[ModelResult], *, full_refresh: bool) -> None:
        """Makes marts what a build that has passed says they are, all in one transaction."""
        with self.session() as db:
            take_over(db, marts, "create or replace table {table}", full_refresh=full_refresh)

    def record(self, build_id: str, built_at: datetime) -> None:
        """Remembers the attempt as passed: the due parts are loaded, too."""
        with self.session() as db:
            lake_tables.record_build(db, build_id, built_at)

    def count_rows(self, relations: Collection[str]) -> dict[str, int]:
        """Rows by `schema.table`."""
        with self.session() as db:
            return lake_tables.count_rows(db, relations)

    def survey(self, marts: Iterable[ModelResult]) -> list[MartSlice]:
        """What is to be published, file by file, with the fingerprint of its rows."""
        with self.session() as db:
            return [one for mart in marts for one in survey_mart(db, mart, _DIGEST)]

    def export(self, slices: Iterable[MartSlice], folder: Path) -> dict[MartSlice, Path]:
        """Writes each slice as Parquet, ordered by the mart's key; the files."""
        files = {}
        with self.session() as db:
            for one in slices:
                files[one] = folder / one.file_name
                db.ask(copy_to_parquet(one, one.mart.relation, files[one]))
        return files

    def explain(self, message: str) -> GameMarketError | None:
        """A file that can't be used (69: held, damaged, full disk), or a lake in S3 that can't (74)."""
        if is_foreseen(message):
            return explain_duckdb_error(message, self._path)
        if self._access and _LAKE_TROUBLE.search(message):
            advice = (
                "Is the store up, and S3_ENDPOINT right?"
                if _STORE_IS_AWAY.search(message)
                else "Check S3_ENDPOINT, AWS_DEFAULT_REGION and the AWS credentials."
            )
            return LakeError(
                f"Could not read the lake s3://{self._access.bucket}: "
                f"{' '.join(message.split())[:_LONGEST_MESSAGE]} {advice} Then build again: "
                "nothing was lost."
            )
        return None

    @contextmanager
    def session(self) -> Iterator[DuckDb]:
        """The file, open for the block."""
        try:
            with self._connect() as db:
                yield DuckDb(db)
        except (duckdb.Error, OSError) as error:
            if isinstance(error, duckdb.IOException | OSError) or is_foreseen(str(error)):
                raise explain_duckdb_error(str(error), self._path) from error
            raise

    def _connect(self) -> duckdb.DuckDBPyConnection:
        if not self._keeps_open:
            return self._open()
        if self._kept is None or not _is_sound(self._kept):
            self._let_go()
            self._kept = self._open()
        return self._kept.cursor()

    def _open(self) -> duckdb.DuckDBPyConnection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = duckdb.connect(str(self._path), config=self._config)
        let_read_lake(db, self._access)
        return db

    def _let_go(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def _is_sound(db: duckdb.DuckDBPyConnection) -> bool:
    """After a full disk, for one, DuckDB answers nothing more before all have closed the file."""
    try:
        db.execute("select 1")
    except duckdb.Error:
        return False
    return True


def _raw_view(name: str, lake_uri: str, file_names: Sequence[str]) -> str:
    if not file_names:
        return _EMPTY_RAW_VIEW.format(name=name)
    files = ", ".join(f"'{_quoted(f'{lake_uri}/{file_name}')}'" for file_name in file_names)
    return _RAW_VIEW.format(
        name=name, files=files, prefix_length=len(lake_uri) + 1, largest=_LARGEST_PAGE_BYTES
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")
