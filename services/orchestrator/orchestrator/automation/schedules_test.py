from __future__ import annotations

from datetime import UTC, date, datetime

import dagster as dg

from gamemarket.settings import load_settings
from orchestrator.conftest import record_read
from orchestrator.definitions import build_definitions
from orchestrator.stages.stage_runner import StageRunner
from orchestrator_doubles.fake_stages import MANIFEST


def test_a_tick_asks_for_the_day_before_and_for_what_is_missing_of_the_fortnight(
    instance: dg.DagsterInstance,
) -> None:
    settings = load_settings()
    definitions = build_definitions(settings, MANIFEST, StageRunner(settings))
    schedule = definitions.resolve_schedule_def("daily_game_market_update_schedule")
    for day in (date(2024, 3, 17), date(2024, 3, 19)):
        record_read(instance, day)
    context = dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=datetime(2024, 3, 21, 6, tzinfo=UTC),
        repository_def=definitions.get_repository_def(),
    )
    requests = schedule.evaluate_tick(context).run_requests or ()
    assert [request.partition_key for request in requests] == ["2024-03-20", "2024-03-18"]
    assert len({request.run_key for request in requests}) == 2
    assert all("2024-03-21" in str(request.run_key) for request in requests)
