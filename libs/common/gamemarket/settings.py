"""The settings of every stage: the only module that reads the environment.

An empty variable counts as unset. A value that can't be is refused with the variable's name; the values
of secrets are never shown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from gamemarket.errors import UsageError
from gamemarket.run_dates import Clock
from gamemarket.sources import Source

__all__ = [
    "Settings",
    "SourceAccess",
    "child_environment",
    "exported",
    "load_settings",
    "load_source_access",
]


def _data_home() -> Path:
    """`game-market` in the user's data directory (XDG base directory specification)."""
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share") / "game-market"


def _as_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _check_path(path: Path) -> Path:
    """The path with `~` expanded: what no shell expands (quotes, .env files) would be a folder `~`.

    What only a slip can bring is refused.
    """
    text = str(path)
    slips = {
        "a quote at its ends": {text[0], text[-1]} & {"'", '"'},
        "a blank at its ends": text != text.strip(),
        "a control character": not text.isprintable(),
    }
    for slip, is_there in slips.items():
        if is_there:
            raise ValueError(f"{text!r} has {slip}")
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(str(error)) from None


def _check_data_path(path: Path) -> Path:
    """What reads there takes such a path for a URL (dbt-duckdb, Dagster) or a pattern (DuckDB, Dagster)."""
    for character in sorted(_NOT_IN_A_DATA_PATH & set(str(path))):
        raise ValueError(
            f"'{path}' has a {character} in it: Dagster, dbt and DuckDB can't take that"
        )
    return path


_NOT_IN_A_DATA_PATH = frozenset("#?*[")

# A path as people write it: `~` is their home.
UserPath = Annotated[Path, AfterValidator(_check_path)]
# One that data is read from and written to.
DataPath = Annotated[UserPath, AfterValidator(_check_data_path)]


def _check_web_address(address: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(address.get_secret_value())
        is_whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # its text may show the address
        is_whole = False
    if not is_whole or not re.fullmatch(r"[!-~]+", address.get_secret_value()):
        raise ValueError("it should be https://host/path, or http://host/path")
    return address


type _WebAddress = Annotated[SecretStr, AfterValidator(_check_web_address)]

# A limit as the Docker engine takes it: bytes, or with a unit.
_MEMORY = r"^[1-9]\d*[bkmgBKMG]?$"
# One as DuckDB takes it: a number with a unit.
_DUCKDB_MEMORY = r"^[1-9]\d*(\.\d+)?[KMGT]i?B$"


class _Environment(BaseSettings):
    model_config = SettingsConfigDict(
        env_ignore_empty=True, frozen=True, extra="ignore", case_sensitive=True
    )


class Settings(_Environment):
    """What the environment says; see .env.example for each variable's meaning."""

    home: DataPath = Field(
        default_factory=_data_home, validation_alias="GAME_MARKET_HOME", validate_default=True
    )
    data_lake_dir: DataPath | None = Field(default=None, validation_alias="DATA_LAKE_DIR")
    data_lake_bucket: str | None = Field(default=None, validation_alias="DATA_LAKE_BUCKET")
    s3_endpoint: str | None = Field(default=None, validation_alias="S3_ENDPOINT")
    duckdb_file: DataPath | None = Field(default=None, validation_alias="DUCKDB_PATH")
    duckdb_memory_limit: str = Field(
        default="1300MB", pattern=_DUCKDB_MEMORY, validation_alias="DUCKDB_MEMORY_LIMIT"
    )
    game_market_now: Annotated[datetime, AfterValidator(_as_utc)] | None = Field(
        default=None, validation_alias="GAME_MARKET_NOW"
    )
    marts_postgres_url: SecretStr | None = Field(
        default=None, validation_alias="MARTS_POSTGRES_URL"
    )
    endpoints_file: UserPath | None = Field(default=None, validation_alias="ENDPOINTS_FILE")
    extractor_command: str | None = Field(default=None, validation_alias="EXTRACTOR_COMMAND")
    transformer_command: str | None = Field(default=None, validation_alias="TRANSFORMER_COMMAND")
    reporter_command: str | None = Field(default=None, validation_alias="REPORTER_COMMAND")
    extractor_image: str | None = Field(default=None, validation_alias="EXTRACTOR_IMAGE")
    transformer_image: str | None = Field(default=None, validation_alias="TRANSFORMER_IMAGE")
    reporter_image: str | None = Field(default=None, validation_alias="REPORTER_IMAGE")
    stage_network: str | None = Field(default=None, validation_alias="STAGE_NETWORK")
    warehouse_volume: str | None = Field(default=None, validation_alias="WAREHOUSE_VOLUME")
    extractor_memory: str = Field(
        default="512m", pattern=_MEMORY, validation_alias="EXTRACTOR_MEMORY"
    )
    transformer_memory: str = Field(
        default="3g", pattern=_MEMORY, validation_alias="TRANSFORMER_MEMORY"
    )
    reporter_memory: str = Field(default="1g", pattern=_MEMORY, validation_alias="REPORTER_MEMORY")
    dbt_manifest_file: UserPath | None = Field(default=None, validation_alias="DBT_MANIFEST")
    pages_host_list: str = Field(default="", validation_alias="PAGES_HOSTS")
    lake_browser_url: str | None = Field(default=None, validation_alias="LAKE_BROWSER_URL")
    report_url: str | None = Field(default=None, validation_alias="REPORT_URL")
    # Each day from it on is a partition of Dagster's, and a row of its pages.
    first_run_date: date = Field(default=date(2020, 1, 1), validation_alias="FIRST_RUN_DATE")
    daily_schedule: bool = Field(default=False, validation_alias="DAILY_SCHEDULE")
    # They hold a token: whoever has the URL can write there.
    alert_webhook_url: _WebAddress | None = Field(
        default=None, validation_alias="ALERT_WEBHOOK_URL"
    )
    heartbeat_url: _WebAddress | None = Field(default=None, validation_alias="HEARTBEAT_URL")
    snowflake_account: str | None = Field(default=None, validation_alias="SNOWFLAKE_ACCOUNT")
    snowflake_user: str | None = Field(default=None, validation_alias="SNOWFLAKE_USER")
    snowflake_role: str | None = Field(default=None, validation_alias="SNOWFLAKE_ROLE")
    snowflake_warehouse: str | None = Field(default=None, validation_alias="SNOWFLAKE_WAREHOUSE")
    snowflake_database: str | None = Field(default=None, validation_alias="SNOWFLAKE_DATABASE")
    snowflake_private_key_path: UserPath | None = Field(
        default=None, validation_alias="SNOWFLAKE_PRIVATE_KEY_PATH"
    )
    snowflake_workload_identity_provider: str | None = Field(
        default=None, validation_alias="SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER"
    )
    # Set by the PEX runtime (pex: "PEX" in its environment variables): the PEX file that runs us.
    pex_file: Path | None = Field(default=None, validation_alias="PEX")

    @property
    def lake_dir(self) -> Path:
        """The lake's folder while no bucket is set."""
        return self.data_lake_dir or self.home / "lake"

    @property
    def duckdb_path(self) -> Path:
        """The DuckDB file of the warehouse."""
        return self.duckdb_file or self.home / "warehouse.duckdb"

    @property
    def pages_hosts(self) -> list[str]:
        """Names under which Dagster's pages may be asked for, beside this machine's own."""
        return [name.strip() for name in self.pages_host_list.split(",") if name.strip()]

    @property
    def clock(self) -> Clock:
        """The one clock: GAME_MARKET_NOW or the system's."""
        return Clock(self.game_market_now)


class SourceAccess(BaseModel):
    """How to reach one source: its key and, if it is not the usual one, its base URL."""

    model_config = ConfigDict(frozen=True)

    api_key: SecretStr | None = None
    base_url: str | None = None


def load_settings() -> Settings:
    """Reads the environment; UsageError names the variable that can't be."""
    try:
        return Settings()
    except ValidationError as error:
        raise _refusal(error) from None


def load_source_access(source: Source) -> SourceAccess:
    """Reads the variables that endpoints.json names for the source."""
    key = os.environ.get(source.key_variable)
    return SourceAccess(
        api_key=SecretStr(key) if key else None,
        base_url=os.environ.get(source.base_url_variable) or None,
    )


def child_environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment for a child, with changes."""
    return {**os.environ, **(changes or {})}


@contextmanager
def exported(values: Mapping[str, str], *, hidden_prefix: str | None = None) -> Iterator[None]:
    """Sets variables of this process for a library that reads them itself (dbt's env_var).

    Variables that begin with `hidden_prefix` are not there for the block.
    """
    before = dict(os.environ)
    if hidden_prefix:
        for name in [name for name in before if name.startswith(hidden_prefix)]:
            del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _refusal(error: ValidationError) -> UsageError:
    wrong = "; ".join(
        f"{_find_variable(str(problem['loc'][0]))}: {problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors()
    )
    return UsageError(f"A setting can't be used: {wrong}. See .env.example for what it takes.")


def _find_variable(name: str) -> str:
    """The variable of a field: pydantic names the field where its default is what can't be."""
    field = Settings.model_fields.get(name)
    return str(field.validation_alias) if field else name
