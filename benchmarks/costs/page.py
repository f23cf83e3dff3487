"""docs/costs.md, from the facts: the tables, and all that they were made of."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.costs.costs import Facts, cost_of_month
from benchmarks.table import show_table

__all__ = ["build_page"]

_HERE = Path(__file__).parent
_HEAD = """# What it costs a month

Written by `make costs`: what was measured, times list prices. **It was never billed.**

One run a day; {tasks}.
List prices of {region}.
Other regions cost 10 to 50 % more. Free tiers are not taken off, what comes from the API is free, what leaves
AWS is not counted.

{totals}

A size is a lake of so many days, of 2,000 edited games each. With
DuckDB a build reads the whole lake each day, so its task grows with it; in Snowflake it reads what is new.
"""


def build_page(facts: Facts) -> str:
    """Markdown, with a line break at its end."""
    measured, prices = (
        json.loads((_HERE / n).read_text()) for n in ("measured.json", "prices.json")
    )
    tasks = ", ".join(
        f"the {stage} with {vcpu:g} vCPU and {gb:g} GB" for stage, (vcpu, gb) in facts.tasks.items()
    )
    parts = [
        _HEAD.format(tasks=tasks, region=prices["region"], totals=_show_totals(facts)),
        *(f"## {title}\n\n{_show_items(facts, kind)}\n" for kind, title in _TITLES.items()),
        f"## What was measured\n\n{measured['how']}\n\n{_show_values(measured['measured'])}\n",
        f"## What was assumed\n\nNobody has measured these.\n\n{_show_values(measured['assumed'])}\n",
        f"## List prices\n\nRead {prices['read']}.\n\n{_show_prices(prices['prices'])}\n",
    ]
    return "\n".join(parts)


_TITLES = {"duckdb": "With DuckDB, USD a month", "snowflake": "With Snowflake, USD a month"}


def _show_totals(facts: Facts) -> str:
    rows = [
        [
            size.label,
            *(f"${sum(cost_of_month(facts, size, kind).values()):.2f}" for kind in _TITLES),
        ]
        for size in facts.sizes
    ]
    return show_table(["lake", *(f"`warehouse = {kind}`" for kind in _TITLES)], rows)


def _show_items(facts: Facts, warehouse: str) -> str:
    months = [cost_of_month(facts, size, warehouse) for size in facts.sizes]
    rows = [[item, *(f"{month[item]:.2f}" for month in months)] for item in months[0]]
    return show_table(["", *(size.label for size in facts.sizes)], rows)


def _show_values(values: list[dict[str, Any]]) -> str:
    return "\n".join(f"- {one['value']:,} {one['unit']}: {one['what']}" for one in values)


def _show_prices(prices: list[dict[str, Any]]) -> str:
    return "\n".join(
        f"- [${Decimal(str(one['usd'])):f}]({one['page']}): {one['for']}" for one in prices
    )
