"""The closing words of a demo: partitions, calls, marts, and the games at the top."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from demo.lake_contents import Contents, Mart
from demo.top_games import TopGame
from gamemarket.manifest import Manifest

__all__ = ["describe_change", "print_contents", "print_top_games"]

# Of a game's platforms; the others are counted.
_NAMES_SHOWN = 3


def print_contents(
    before: Contents, now: Contents, calls: int, console: Console | None = None
) -> None:
    """The lake's partitions, the API calls, the marts and what changed in them."""
    console = console or Console(highlight=False)
    console.print(_build_partitions_table(now.partitions))
    console.print(f"API calls: {calls}")
    console.print(_build_marts_table(before.marts or {}, now.marts or {}))
    console.print(describe_change(before.marts, now.marts))


def _build_partitions_table(partitions: Sequence[Manifest]) -> Table:
    table = _table("In the lake", "endpoint", "run date", "state", right=("pages", "rows", "ids"))
    for manifest in partitions:
        state = "complete" if manifest.complete else ", ".join(manifest.reasons)
        counts = (len(manifest.pages), manifest.rows, manifest.distinct_ids)
        row = (manifest.endpoint, str(manifest.run_date), state)
        table.add_row(*row, *(f"{count:,}" for count in counts))
    return table


def _build_marts_table(before: dict[str, Mart], now: dict[str, Mart]) -> Table:
    table = _table("Marts", "mart", right=("rows", "before"))
    for name, mart in now.items():
        known = before.get(name)
        table.add_row(name, f"{mart.rows:,}", f"{known.rows:,}" if known else "")
    return table


def describe_change(before: dict[str, Mart] | None, now: dict[str, Mart] | None) -> str:
    """What the run did to the marts, by the sha256 of their files."""
    if not now:
        return "No marts are published."
    if not before:
        return f"{len(now)} marts are published, for the first time."
    changed = [name for name, mart in now.items() if before.get(name) != mart]
    if not changed:
        return f"No mart row changed: the files of all {len(now)} marts are the same as before."
    return f"{len(changed)} of {len(now)} marts changed: {', '.join(changed)}."


def print_top_games(games: Sequence[TopGame], console: Console | None = None) -> None:
    """The table worth looking at."""
    console = console or Console(highlight=False)
    if not games:
        return
    table = _table(
        "Top games by users who added them, those seen on both days first",
        "game",
        right=("added", "moved", "rating"),
    )
    table.add_column("genres")
    table.add_column("platforms")
    for game in games:
        moved = "" if game.moved is None else f"{game.moved:+,}"
        rating = "" if game.rating is None else f"{game.rating:.2f}"
        names = (_shorten(game.genres), _shorten(game.platforms))
        table.add_row(escape(game.name), f"{game.added:,}", moved, rating, *names)
    console.print(table)


def _shorten(names: Sequence[str]) -> str:
    more = f" +{len(names) - _NAMES_SHOWN}" if len(names) > _NAMES_SHOWN else ""
    return escape(", ".join(names[:_NAMES_SHOWN]) + more)


def _table(title: str, *left: str, right: Sequence[str] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in left:
        table.add_column(name)
    for name in right:
        table.add_column(name, justify="right")
    return table
