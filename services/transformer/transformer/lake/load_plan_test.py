"""What is due, decided from facts alone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from transformer.lake.lake_parts import LakePart
from transformer.lake.load_plan import WarehouseMemory, find_refresh_reason, plan_load

DAY_1, DAY_2 = date(2024, 1, 1), date(2024, 1, 2)


def part(name: str, run_date: date = DAY_1) -> LakePart:
    return LakePart(
        source_system="rawg",
        endpoint="games",
        run_date=run_date,
        file_name=name,
        observed_at=datetime(2024, 1, 3, tzinfo=UTC),
        row_count=1,
        sha256="",
    )


def remember(*attempted: str) -> WarehouseMemory:
    return WarehouseMemory(frozenset(attempted), frozenset({"models"}), has_passed=True)


def test_parts_that_were_not_loaded_are_due() -> None:
    plan = plan_load([part("b")], remember(), "")
    assert [due.file_name for due in plan.due] == ["b"]
    assert (plan.full_refresh, plan.nothing_to_do) == (False, False)


def test_a_run_date_narrows_the_plan_and_counts_what_waits() -> None:
    plan = plan_load([part("b", DAY_2), part("c")], remember(), "", run_date=DAY_2)
    assert [due.file_name for due in plan.due] == ["b"]
    assert plan.waiting == 1


def test_nothing_is_to_do_when_everything_is_loaded() -> None:
    assert plan_load([], remember(), "").nothing_to_do


def test_a_first_build_has_something_to_do_even_without_parts() -> None:
    assert not plan_load([], WarehouseMemory(), "").nothing_to_do


def test_a_full_refresh_is_of_every_run_date() -> None:
    plan = plan_load([part("a"), part("b", DAY_2)], remember(), "asked for", run_date=DAY_2)
    assert (plan.full_refresh, plan.reason) == (True, "asked for")
    assert [due.file_name for due in plan.due] == ["a", "b"]


def test_an_attempted_part_is_due_whatever_the_run_date() -> None:
    parts = [part("b"), part("begun"), part("c", DAY_2)]
    plan = plan_load(parts, remember("begun"), "", run_date=DAY_2)
    assert [due.file_name for due in plan.due] == ["begun", "c"]
    assert plan.waiting == 1


def test_a_full_refresh_has_its_reason() -> None:
    assert find_refresh_reason([], remember(), "models", asked=False) == ""
    assert find_refresh_reason([], remember(), "models", asked=True) == "asked for"
    reason = find_refresh_reason(["gone", "a"], remember(), "models", asked=False)
    assert reason == ("2 loaded part(s) are no longer named by any current generation, first a")


@pytest.mark.parametrize("fingerprint", ["models", "models of a build that failed"])
def test_other_models_ask_for_a_full_refresh(fingerprint: str) -> None:
    made_by = frozenset({"models", "models of a build that failed"})
    memory = WarehouseMemory(models_fingerprints=made_by, has_passed=True)
    assert "models have changed" in find_refresh_reason([], memory, fingerprint, asked=False)
