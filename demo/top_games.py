"""The games that most users have in a list, and how they moved between the two days.

Games that were seen on both days come first: a day holds the games that were updated on it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from demo.executables import run_to_its_end
from gamemarket.errors import DefectError, ExitCode

__all__ = ["TopGame", "read_top_games"]

_QUERY = """
with
days as (
    select min(observed_on) as first_day, max(observed_on) as last_day from fct_game_daily_snapshot
),
movement as (
    select
        game_id,
        max(added_count) filter (where observed_on = last_day)
        - max(added_count) filter (where observed_on = first_day and first_day < last_day) as moved
    from fct_game_daily_snapshot cross join days
    group by game_id
),
genres as (
    select game_id, list(name order by name) as genres
    from bridge_game_genres inner join dim_genres using (source_system, genre_id)
    group by game_id
),
platforms as (
    select game_id, list(name order by name) as platforms
    from bridge_game_platforms inner join dim_platforms using (source_system, platform_id)
    group by game_id
)
select
    name,
    added_count as added,
    moved,
    rating,
    coalesce(genres, []) as genres,
    coalesce(platforms, []) as platforms
from dim_games
left join movement using (game_id)
left join genres using (game_id)
left join platforms using (game_id)
where added_count is not null
order by moved is null, added_count desc, game_id
limit 10
"""


class TopGame(BaseModel):
    """One line of the table; `moved` is None for a game that was seen on one day only."""

    model_config = ConfigDict(frozen=True)

    name: str
    added: int
    moved: int | None
    rating: float | None
    genres: tuple[str, ...]
    platforms: tuple[str, ...]


def read_top_games(
    transformer: Sequence[str], environment: Mapping[str, str], home: Path
) -> list[TopGame]:
    """Asks the published marts by `transformer query`."""
    exit_code, output = run_to_its_end((*transformer, "query", _QUERY), environment, home=home)
    if exit_code != ExitCode.DONE:
        raise DefectError(f"`transformer query` ended with code {exit_code:d}; it said why above.")
    return [TopGame.model_validate(json.loads(line)) for line in output.splitlines()]
