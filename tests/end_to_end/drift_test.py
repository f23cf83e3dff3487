"""The API changes its rows: what the transformer says of it, and what becomes of the marts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.end_to_end.conftest import DAY_ONE, DAY_TWO, MORNING_AFTER_TWO, Home

CHANGED_ROWS = {
    "kind": "changed_rows",
    "endpoint": "games",
    "fields": {"hype": 7, "metacritic": {"score": 80}},
}


def records(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_a_new_field_and_a_changed_type_are_named_and_the_run_fails_until_it_is_accepted(
    make_home: Callable[..., Home],
) -> None:
    home = make_home()
    assert (
        home.run("extractor", "run", "--endpoint", "games", "--run-date", DAY_ONE).returncode == 0
    )
    assert home.run("transformer", "build").returncode == 0
    published = home.files("marts")["marts/current_dev.json"]
    home.sandbox.set_clock(MORNING_AFTER_TWO)
    home.sandbox.control("faults", CHANGED_ROWS)
    read = home.run(
        "extractor", "run", "--endpoint", "games", "--run-date", DAY_TWO, now=MORNING_AFTER_TWO
    )
    assert read.returncode == 0, read.stderr

    failed = home.run("transformer", "build", now=MORNING_AFTER_TWO)
    assert failed.returncode == 65, failed.stderr
    assert "metacritic: object in" in failed.stderr
    assert "hype: integer in" in failed.stderr
    assert home.files("marts")["marts/current_dev.json"] == published
    found = {
        (one["kind"], one["field"], one["found"])
        for one in records(home.run("transformer", "drift").stdout)
    }
    assert found == {
        ("new_field", "hype", "integer"),
        ("changed_type", "metacritic", "object"),
        ("new_field", "metacritic.score", "integer"),
    }
    kept = records(home.run("transformer", "quality").stdout)
    complaints = {(check["test"], check["status"]) for check in kept if check["status"] != "pass"}
    assert complaints == {
        ("build", "fail"),
        ("schema_drift_changed_type", "fail"),
        ("schema_drift_new_field", "warn"),
    }

    accepted = home.run("transformer", "build", "--accept-drift", now=MORNING_AFTER_TWO)
    assert accepted.returncode == 0, accepted.stderr
    question = "select count(*) as n from rejected_values where field = 'metacritic'"
    (rejected,) = records(home.run("transformer", "query", question).stdout)
    day_two = next(one for one in home.manifests() if one["run_date"] == DAY_TWO)
    assert rejected["n"] == day_two["distinct_ids"] > 20
    runs = records(home.run("transformer", "quality", "--history", "9").stdout)
    assert [run["state"] for run in runs] == ["published", "failed", "published"]
