"""What is due, decided from facts alone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gamemarket.errors import UsageError
from transformer.lake.lake_parts import LakePart
from transformer.lake.load_plan import WarehouseMemory, plan_load

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


def remember(*loaded: str, attempted: frozenset[str] = frozenset()) -> WarehouseMemory:
    return WarehouseMemory(frozenset(loaded), attempted, frozenset({"models"}), has_passed=True)


def test_parts_that_were_not_loaded_are_due() -> None:
    memory = remember("a")
    plan = plan_load([part("a"), part("b")], memory, "models")
    assert [due.file_name for due in plan.due] == ["b"]
    assert (plan.full_refresh, plan.nothing_to_do) == (False, False)


def test_a_run_date_narrows_the_plan_and_counts_what_waits() -> None:
    memory = remember("a")
    parts = [part("a"), part("b", DAY_2), part("c")]
    plan = plan_load(parts, memory, "models", run_date=DAY_2)
    assert [due.file_name for due in plan.due] == ["b"]
    assert plan.waiting == 1


def test_nothing_is_to_do_when_everything_is_loaded() -> None:
    memory = remember("a")
    assert plan_load([part("a")], memory, "models").nothing_to_do


def test_a_first_build_has_something_to_do_even_without_parts() -> None:
    assert not plan_load([], WarehouseMemory(), "models").nothing_to_do


def test_a_superseded_part_asks_for_a_full_refresh_of_every_run_date() -> None:
    memory = remember("gone", "a")
    plan = plan_load([part("a"), part("b", DAY_2)], memory, "models", run_date=DAY_2)
    assert plan.full_refresh
    assert "gone" in plan.reason
    assert [due.file_name for due in plan.due] == ["a", "b"]
    assert plan.loaded == frozenset()


def test_a_superseded_part_asks_for_it_also_when_its_build_did_not_pass() -> None:
    plan = plan_load([part("a")], remember("a", attempted=frozenset({"gone"})), "models")
    assert plan.full_refresh
    assert "gone" in plan.reason


def test_an_attempted_part_is_due_whatever_the_run_date() -> None:
    memory = remember("a", attempted=frozenset({"begun"}))
    parts = [part("a"), part("b"), part("begun"), part("c", DAY_2)]
    plan = plan_load(parts, memory, "models", run_date=DAY_2)
    assert [due.file_name for due in plan.due] == ["begun", "c"]
    assert (plan.waiting, plan.loaded) == (1, frozenset({"a"}))


@pytest.mark.parametrize("fingerprint", ["models", "models of a build that failed"])
def test_other_models_ask_for_a_full_refresh(fingerprint: str) -> None:
    made_by = frozenset({"models", "models of a build that failed"})
    memory = WarehouseMemory(frozenset({"a"}), models_fingerprints=made_by, has_passed=True)
    plan = plan_load([part("a")], memory, fingerprint)
    assert plan.full_refresh
    assert "models have changed" in plan.reason


def test_a_full_refresh_of_one_run_date_is_refused() -> None:
    with pytest.raises(UsageError, match="leave out --run-date"):
        plan_load([], WarehouseMemory(), "models", run_date=DAY_1, full_refresh=True)
