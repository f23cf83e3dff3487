"""Many parts of few large pages each, as a catch-up has them, are read in little memory."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest

PROFILES = Path("analytics/profiles.yml")  # in Pants' sandbox for this test (see the BUILD file)
# As analytics/macros read a lake: pages of parts that a table names, taken apart into rows.
ROWS = """
select count(*), sum(length(md5(cast(item as varchar))))
from (
    select unnest(cast(json -> 'results' as json[])) as item
    from read_ndjson_objects({files}, filename = true) as pages
    inner join (select unnest({files}) as filename) as parts
        on pages.filename = parts.filename
)
"""


def count_rows(folder: Path, caching: str) -> int:
    page = json.dumps({"results": [{"text": "x" * 2_500}] * 40})
    files = [str(folder / f"part-{number}.json") for number in range(60)]
    for file in files:
        Path(file).write_text((page + "\n") * 25)
    with duckdb.connect(config={"memory_limit": "350MB", "threads": 2}) as db:
        db.execute(f"set enable_caching_operators = {caching}")
        [(count, _)] = db.execute(ROWS.format(files=files)).fetchall()
    return int(count)


def test_pages_of_many_parts_are_not_gathered(tmp_path: Path) -> None:
    [caching] = re.findall(r'enable_caching_operators: "(\w+)"', PROFILES.read_text())
    assert count_rows(tmp_path, caching) == 60 * 25 * 40


def test_duckdb_would_gather_them(tmp_path: Path) -> None:
    """Else the setting can go."""
    with pytest.raises(duckdb.OutOfMemoryException):
        count_rows(tmp_path, "true")
