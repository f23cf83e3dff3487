from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from stack.dagster_api import Dagster
from stack.demo import run_demo
from stack.engine import Engine
from stack.errors import StackError


@dataclass
class FakeEngine:
    counts: Iterator[str]
    ran: list[tuple[str, ...]] = field(default_factory=list)

    def ask(self, *arguments: str) -> str:
        return next(self.counts)

    def run(self, *arguments: str) -> int:
        self.ran.append(arguments)
        return 0


class FakeDagster:
    def launch_run(self, day: str, config: dict[str, Any]) -> str:
        return day

    def wait_for_run(self, run_id: str) -> str:
        return "SUCCESS"


def run(*counts: str) -> bool:
    return run_demo(
        cast(Engine, FakeEngine(iter(counts))), cast(Dagster, FakeDagster()), "2024-01-15"
    )


@pytest.mark.parametrize(("after", "is_good"), [(40, True), (41, False)])
def test_the_second_run_must_not_ask(
    after: int, is_good: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = [f'{{"total": {total}}}' for total in (0, 40, 40, after)]
    assert run(*counts) is is_good
    assert f"API calls: {after - 40}" in capsys.readouterr().out


def test_without_the_sandbox_it_says_so() -> None:
    with pytest.raises(StackError, match="The sandbox does not answer"):
        run("")
