from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.warehouse.dbt_times import read_dbt_times


def _node(kind: str, name: str, replaces: str | None = None) -> dict[str, object]:
    return {"resource_type": kind, "name": name, "config": {"meta": {"replaces": replaces}}}


def test_what_is_made_anew_from_all_marts_stands_apart_from_what_is_loaded(tmp_path: Path) -> None:
    nodes = {
        "base": (_node("model", "base_rawg__games"), 1.0),
        "counting": (_node("model", "int_counting_games"), 2.0),
        "merged": (_node("model", "dim_games"), 4.0),
        "market": (_node("model", "market_genre_trend", "everything"), 8.0),
        "test": (_node("test", "natural_key_dim_games"), 16.0),
    }
    results = [{"unique_id": name, "execution_time": took} for name, (_, took) in nodes.items()]
    results.append({"unique_id": "on-run-start", "execution_time": 32.0})
    (tmp_path / "manifest.json").write_text(
        json.dumps({"nodes": {name: node for name, (node, _) in nodes.items()}})
    )
    (tmp_path / "run_results.json").write_text(
        json.dumps({"metadata": {"generated_at": "2024-01-02T06:00:00Z"}, "results": results})
    )
    times = read_dbt_times(tmp_path)
    assert (times.loading, times.growing) == (7.0, 8.0)
    assert times.models["dim_games"] == 4.0
    assert times.ended_at == datetime(2024, 1, 2, 6, tzinfo=UTC)
