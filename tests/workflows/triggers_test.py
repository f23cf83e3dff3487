"""Which workflows an event starts."""

from __future__ import annotations

import pytest

from tests.workflows.runner import TREE, is_triggered

WORKFLOWS = {file.stem: file for file in (TREE / ".github/workflows").glob("*.yml")}


@pytest.mark.parametrize(
    ("event", "file", "started"),
    [
        ("pull_request", "analytics/models/marts/dim_games.sql", ["quality"]),
        ("pull_request", "README.md", ["quality"]),
        ("pull_request", "infra/aws/lake.tf", ["infra", "quality"]),
        ("pull_request", "config/endpoints.json", ["infra", "quality"]),
        ("push", "libs/common/gamemarket/lake.py", ["app", "quality"]),
        ("push", "README.md", ["app", "quality"]),  # app finds that nothing changed
        ("push", "infra/modules/stage/task.tf", ["app", "infra", "quality"]),
        ("schedule", "", ["infra", "quality"]),
    ],
)
def test_an_event_starts_what_it_concerns(event: str, file: str, started: list[str]) -> None:
    found = [n for n, path in WORKFLOWS.items() if is_triggered(path.read_text(), event, [file])]
    assert sorted(found) == started
