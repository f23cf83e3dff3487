"""Staging's work done twice, on the transformer's interpreter: by the models' own SQL, and by read_json_auto.

`schema_inference.py staged|inferred <warehouse> <dbt's target> <part>...` reads the parts into temporary
tables: games typed, their genres and tags exploded. `planted <warehouse> <parts> --faults JSON` reads values
that are not as they should be. Each prints one JSON object.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

# The models that build what `inferred` builds, in this order; each reads what a build has left.
_MODELS = (
    "base_rawg__games",
    "stg_rawg__games",
    "base_rawg__game_genres",
    "base_rawg__game_tags",
)

# Names as stg_rawg__games has them; what only details have is no field of any struct, and naming it an error.
_COLUMNS = {
    "game_id": "game.id",
    "slug": "game.slug",
    "name": "game.name",
    "esrb_rating": "game.esrb_rating.slug",
    "esrb_rating_name": "game.esrb_rating.name",
    "background_image_url": "game.background_image",
    "esrb_rating_id": "game.esrb_rating.id",
    "metacritic_score": "game.metacritic",
    "rating_top": "game.rating_top",
    "ratings_count": "game.ratings_count",
    "reviews_count": "game.reviews_count",
    "reviews_text_count": "game.reviews_text_count",
    "suggestions_count": "game.suggestions_count",
    "added_count": "game.added",
    "playtime_hours": "game.playtime",
    "rating": "game.rating",
    "is_tba": "game.tba",
    "released_on": "game.released",
    "updated_at": "game.updated",
}


def main() -> None:
    """Measures what the first argument names."""
    options = _parse_arguments()
    modes: dict[str, Callable[[argparse.Namespace], Any]] = {
        "staged": _staged,
        "inferred": _inferred,
        "planted": _planted,
    }
    print(json.dumps(modes[options.mode](options), default=str))


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="schema_inference.py", description=__doc__)
    parser.add_argument("mode", choices=["staged", "inferred", "planted"])
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("parts", nargs="+")
    parser.add_argument("--faults", type=json.loads, default=[])
    return parser.parse_args()


def _open(options: argparse.Namespace) -> duckdb.DuckDBPyConnection:
    """Only to be read; with the limit that dbt's profile has."""
    return duckdb.connect(str(options.warehouse), read_only=True, config={"memory_limit": "2GB"})


def _staged(options: argparse.Namespace) -> dict[str, Any]:
    """The SQL that dbt ran last."""
    run = json.loads((options.target / "run_results.json").read_bytes())
    compiled = {r["unique_id"].rpartition(".")[2]: r["compiled_code"] for r in run["results"]}
    with _open(options) as db:
        began = time.monotonic()
        for model in _MODELS:
            db.execute(f"create temp table {model} as {compiled[model]}")
        seconds = time.monotonic() - began
        return {"seconds": seconds, "rows": _count(db, "base_rawg__games")}


def _inferred(options: argparse.Namespace) -> dict[str, Any]:
    """The same tables; then, beside the clock, how many values differ from staging's by column."""
    columns = ", ".join(f"{path} as {name}" for name, path in _COLUMNS.items())
    with _open(options) as db:
        began = time.monotonic()
        db.execute(f"create temp table game_rows as {_inferred_rows(options.parts)}")
        db.execute(f"create temp table games as select {columns} from game_rows")
        for items in ("genres", "tags"):
            db.execute(
                f"create temp table {items} as select game_id, item.* from ("
                f"select game.id as game_id, unnest(game.{items}) as item from game_rows)"
            )
        seconds = time.monotonic() - began
        return {
            "seconds": seconds,
            "rows": _count(db, "games"),
            "differing": _count_differing(db),
        }


def _inferred_rows(parts: Sequence[str]) -> str:
    files = ", ".join(f"'{part}'" for part in parts)
    return (
        "select unnest(results) as game "
        f"from read_json_auto([{files}], format = 'newline_delimited')"
    )


def _count(db: duckdb.DuckDBPyConnection, table: str) -> int:
    found = db.execute(f"select count(*) from {table}").fetchone()
    return int(found[0]) if found else 0


def _count_differing(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows by column whose text is another than staging's; columns without any are left out."""
    counts = ", ".join(
        f"count(*) filter (where {_text('games', name)} is distinct from {_text('staged', name)})"
        for name in _COLUMNS
    )
    found = db.execute(
        f"select {counts} from games full join staging.stg_rawg__games as staged using (game_id)"
    ).fetchone()
    named = zip(_COLUMNS, found or (), strict=True)
    return {name: count for name, count in named if count}


def _text(table: str, column: str) -> str:
    return f"cast({table}.{column} as varchar)"


def _planted(options: argparse.Namespace) -> list[dict[str, Any]]:
    """For each fault what staging has, and what inference makes of it when it is the only one."""
    found = []
    with _open(options) as db, TemporaryDirectory() as folder:
        rows = _read_rows(db, options.parts)
        # The last rows have the faults, the last of them the last fault.
        clean, faulty = rows[: -len(options.faults)], rows[-len(options.faults) :]
        for (field, column), row in zip(options.faults, faulty, strict=True):
            file = Path(folder, f"{field}.jsonl")
            file.write_text("".join(json.dumps({"results": [r]}) + "\n" for r in [*clean, row]))
            staged, reason = _ask_staging(db, column, row)
            inferred, differing = _infer(db, file, column, row["slug"])
            found.append(
                {
                    "field": field,
                    "planted": row[field],
                    "staged": staged,
                    "reason": reason,
                    "inferred": inferred,
                    "others_differing": differing,
                }
            )
    return found


def _read_rows(db: duckdb.DuckDBPyConnection, parts: Sequence[str]) -> list[dict[str, Any]]:
    pages = db.execute("select json from read_ndjson_objects(?)", [list(parts)]).fetchall()
    return [row for (page,) in pages for row in json.loads(page)["results"]]


def _ask_staging(
    db: duckdb.DuckDBPyConnection, column: str, row: dict[str, Any]
) -> tuple[str | None, str | None]:
    """The value in staging, and why it was rejected if it was."""
    value = db.execute(
        f"select cast({column} as varchar) from staging.stg_rawg__games where slug = ?",
        [row["slug"]],
    ).fetchone()
    reason = db.execute(
        "select reason from marts.rejected_values where endpoint = 'games' and row_id = ?",
        [str(row["id"])],
    ).fetchone()
    return (value[0] if value else None), (reason[0] if reason else None)


def _infer(
    db: duckdb.DuckDBPyConnection, file: Path, column: str, slug: str
) -> tuple[str, int | None]:
    """The value and its column's type, or the error that the whole read ends with; then how many of the
    other rows have another value than in staging."""
    path = _COLUMNS[column]
    try:
        db.execute(
            "create or replace temp table read_rows as select game.slug as slug, "
            f"cast({path} as varchar) as value, typeof({path}) as type "
            f"from ({_inferred_rows([str(file)])})"
        )
    except duckdb.Error as error:
        return f"error: {str(error).splitlines()[0]}", None
    found = db.execute("select value, type from read_rows where slug = ?", [slug]).fetchone()
    differing = db.execute(
        "select count(*) from read_rows join staging.stg_rawg__games as staged using (slug) "
        f"where slug <> ? and {_cast_like_staging(db, column)} is distinct from staged.{column}",
        [slug],
    ).fetchone()
    return (f"{found[0]} ({found[1]})" if found else "no row"), differing[0] if differing else None


def _cast_like_staging(db: duckdb.DuckDBPyConnection, column: str) -> str:
    """Text of the right form is no other value."""
    found = db.execute(f"select typeof({column}) from staging.stg_rawg__games limit 1").fetchone()
    return f"try_cast(value as {found[0] if found else 'varchar'})"


if __name__ == "__main__":
    main()
