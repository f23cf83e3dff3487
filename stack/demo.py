"""`make demo-stack`: one day through the containers, twice; the second time it must cost nothing."""

from __future__ import annotations

import json
from time import monotonic
from typing import Final

from stack.dagster_api import Dagster
from stack.engine import Engine
from stack.errors import StackError

__all__ = ["run_demo"]

# Asked inside of the sandbox's container: it has no port on this machine.
_COUNT_CALLS: Final = (
    "import urllib.request as u; "
    "print(u.urlopen('http://127.0.0.1:8765/_sandbox/calls', timeout=30).read().decode())"
)
_TOP_GAMES: Final = (
    "select name, added_count, rating from dim_games "
    "order by added_count desc nulls last, name limit 10"
)


def run_demo(engine: Engine, dagster: Dagster, day: str) -> bool:
    """Runs a day, and again; whether both succeeded, the second without a call.

    StackError when the stack's API is not the sandbox, whose count of its calls is what is shown.
    """
    is_done, _ = _run_day(engine, dagster, day)
    is_done_again, calls_again = _run_day(engine, dagster, day)
    print("Top games by users who added them:", flush=True)
    engine.run("run", "--rm", "transformer", "query", _TOP_GAMES)
    return is_done and is_done_again and calls_again == 0


def _run_day(engine: Engine, dagster: Dagster, day: str) -> tuple[bool, int]:
    before, began = count_calls(engine), monotonic()
    run_id = dagster.launch_run(day, {})
    status = dagster.wait_for_run(run_id)
    calls = count_calls(engine) - before
    print(f"{day}: {status.lower()}, {monotonic() - began:.0f} s, API calls: {calls}", flush=True)
    return status == "SUCCESS", calls


def count_calls(engine: Engine) -> int:
    """How often the sandbox's API was asked since it started."""
    said = engine.ask("exec", "-T", "sandbox", "/app/bin/python", "-c", _COUNT_CALLS)
    try:
        return int(json.loads(said)["total"])
    except (ValueError, KeyError):
        raise StackError(
            "The sandbox does not answer. The demo reads nothing else: run it without RAWG_API_KEY "
            "and RAWG_BASE_URL in .env, after `make start`."
        ) from None
