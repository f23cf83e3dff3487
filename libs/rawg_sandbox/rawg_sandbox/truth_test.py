import json
from hashlib import sha256

import pytest

from rawg_sandbox.conftest import Asker


def _row_hash(row: dict[str, object]) -> str:
    encoded = json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode()
    return sha256(encoded).hexdigest()


@pytest.mark.parametrize("filters", [{}, {"updated": "2024-01-01,2024-01-01"}, {"search": "the"}])
def test_the_truth_of_games_equals_what_paging_gives(asker: Asker, filters: dict[str, str]) -> None:
    truth = asker.source.tell_truth("games", filters, asker.moment)
    rows = asker.all_rows("/api/games", **filters)
    assert truth["ids"] == [row["id"] for row in rows]
    assert truth["count"] == len(rows) > 10
    for row in rows:
        record = truth["records"][row["id"]]
        assert record["sha256"] == _row_hash(row)
        assert record["genres"] == [genre["id"] for genre in row["genres"]]
        assert record["platforms"] == [part["platform"]["id"] for part in row["platforms"]]


def test_the_truth_knows_the_companies_that_details_name(asker: Asker) -> None:
    truth = asker.source.tell_truth("games", {"updated": "2024-01-01,2024-01-01"}, asker.moment)
    for game, record in list(truth["records"].items())[:30]:
        detail = asker.get(f"/api/games/{game}")
        for kind in ("developers", "publishers"):
            assert record[kind] == [company["id"] for company in detail[kind]]


@pytest.mark.parametrize("endpoint", ["developers", "tags", "genres", "creators"])
def test_the_truth_of_other_lists_equals_what_paging_gives(asker: Asker, endpoint: str) -> None:
    truth = asker.source.tell_truth(endpoint, {}, asker.moment)
    rows = asker.all_rows(f"/api/{endpoint}")
    assert truth["ids"] == [row["id"] for row in rows]
    assert [truth["records"][row["id"]]["sha256"] for row in rows] == [_row_hash(r) for r in rows]
