from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.costs.costs import Facts, Size, cost_of_month, read_facts
from benchmarks.costs.page import build_page

TREE = Path.cwd()  # Pants' sandbox for this test, which holds these files (see the BUILD file)
SIZE = Size("a month", build_seconds=300, build_cpu_seconds=540, warehouse_gb=500, lake_gb=100)
FACTS = Facts(
    tasks={"extractor": (0.25, 0.5), "transformer": (2, 8), "reporter": (0.5, 2)},
    endpoints=10,
    sources=1,
    requests_per_second=20,
    measured={
        "extractor_cpu_seconds": 75,
        "requests": 6000,
        "reporter_cpu_seconds": 30,
        "statements": 81,
        "lake_puts": 1000,
        "transitions_an_endpoint": 5,
        "transitions_a_run": 10,
    },
    assumed={
        "start_seconds": 60,
        "lake_gets": 0,
        "statement_seconds": 2,
        "statements_at_once": 8,
        "idle_seconds": 60,
        "images_gb": 2,
        "alarms": 4,
    },
    sizes=(SIZE,),
    prices=dict.fromkeys(
        ["gb_hour", "ipv4_hour", "transition", "s3_gb_month", "s3_put", "s3_get", "secret_month",
         "ecr_gb_month", "alarm_month", "credit", "snowflake_tb_month"], 0.0
    ) | {"vcpu_hour": 1.0},
)  # fmt: skip


def test_tasks_are_paid_for_by_their_share_of_cores_and_time() -> None:
    month = cost_of_month(FACTS, SIZE, "duckdb")
    # Ten times 60 s, 75 s of CPU on a quarter of a core, 6,000 requests at 20 a second: 1,200 s a day,
    # 10 hours a month, of 0.25 vCPU.
    assert month["tasks of the extractor"] == pytest.approx(2.5)
    # 60 s and 300 s, since 540 s of CPU take 270 on two cores: 3 hours of 2 vCPU.
    assert month["tasks of the transformer"] == pytest.approx(6.0)
    # 60 s and 30 s of CPU on half a core: an hour of 0.5 vCPU.
    assert month["tasks of the reporter"] == pytest.approx(0.5)


def test_a_build_is_no_faster_than_its_cores() -> None:
    slower = cost_of_month(FACTS, replace(SIZE, build_cpu_seconds=1080), "duckdb")
    assert slower["tasks of the transformer"] == pytest.approx((60 + 540) * 30 / 3600 * 2)


@pytest.mark.parametrize(
    ("price", "usd", "item", "wanted"),
    [
        ("transition", 0.001, "state transitions", 30 * 60 * 0.001),
        ("s3_gb_month", 0.02, "lake: storage", 2.0),
        ("s3_put", 0.00001, "lake: requests", 0.3),
        ("secret_month", 0.4, "keys in Secrets Manager", 0.4),
        ("ecr_gb_month", 0.1, "images", 0.2),
        ("alarm_month", 0.1, "alarms", 0.4),
        # 81 statements, 8 at once, are 11 rounds of 2 s; a minute until it is suspended.
        ("credit", 2.0, "Snowflake: warehouse", 30 * (22 + 60) / 3600 * 2),
        ("snowflake_tb_month", 40.0, "Snowflake: storage", 20.0),
    ],
)
def test_each_item_follows_its_price(price: str, usd: float, item: str, wanted: float) -> None:
    facts = replace(FACTS, prices={**FACTS.prices, price: usd})
    assert cost_of_month(facts, SIZE, "snowflake")[item] == pytest.approx(wanted)


def test_with_duckdb_nothing_of_snowflake_is_paid() -> None:
    assert [item for item in cost_of_month(FACTS, SIZE, "duckdb") if "Snowflake" in item] == []


def test_the_page_is_what_the_script_writes() -> None:
    assert (TREE / "docs/costs.md").read_text() == build_page(read_facts(TREE)), "run `make costs`"
