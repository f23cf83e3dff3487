"""DuckDB's own way to a lake in S3: httpfs from its PyPI wheel, and a secret that is never written.

httpfs is not bundled, and INSTALL asks a server; LOAD takes a file, and nothing is downloaded. The
secret is temporary: it lives in this process's DuckDB instance, in no file.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import duckdb

from gamemarket.errors import DefectError, UsageError
from gamemarket.s3_access import S3Access

__all__ = ["DUCKDB_CONFIG", "let_read_lake"]

# Nothing of the user's own DuckDB (~/.duckdb: secrets, extensions) has a say, and nothing is downloaded.
# profiles.yml says the same to dbt.
DUCKDB_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "allow_persistent_secrets": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}

_CREATE_SECRET = """
create or replace temporary secret lake (
    type s3, scope $scope, key_id $key_id, secret $secret, session_token $token, region $region,
    endpoint $endpoint, url_style $url_style, use_ssl $use_ssl
)
"""


def let_read_lake(db: duckdb.DuckDBPyConnection, access: S3Access | None) -> None:
    """Lets every connection of this DuckDB instance read `access.bucket`; None changes nothing."""
    if access is None:
        return
    db.execute(f"load '{_httpfs()}'")
    db.execute(_CREATE_SECRET, _describe(access))


def _describe(access: S3Access) -> dict[str, str | bool]:
    """At AWS DuckDB finds the region's server; others are addressed as host/bucket."""
    server = urlsplit(access.endpoint or "https://s3.amazonaws.com")
    if server.scheme not in ("http", "https") or not server.netloc or server.path.strip("/"):
        raise UsageError(f"S3_ENDPOINT is {access.endpoint}: give it as http(s)://host:port.")
    return {
        "scope": f"s3://{access.bucket}",
        "key_id": access.key_id,
        "secret": access.secret_key.get_secret_value(),
        "token": access.session_token.get_secret_value() if access.session_token else "",
        "region": access.region,
        "endpoint": server.netloc,
        "url_style": "path" if access.endpoint else "vhost",
        "use_ssl": server.scheme == "https",
    }


@cache
def _httpfs() -> Path:
    """The extension's file in the wheel; in a PEX it needs venv mode, which unpacks wheels."""
    wheel = Path(str(files("duckdb_extension_httpfs")))
    found = list(wheel.glob(f"extensions/v{duckdb.__version__}/httpfs.duckdb_extension"))
    if not found:
        raise DefectError(f"{wheel} has no httpfs for DuckDB {duckdb.__version__}.")
    return found[0]
