"""Staging views for endpoints that nobody has modelled yet: written when a build needs them.

An endpoint is modelled when a base model of the packed project reads it. Every other one of
endpoints.json gets `stg_<source>__<endpoint>`: id, name, slug and the whole row, of every part in the
lake, with the same reconciliation as any other staging model. A view, so it costs a build no more than
that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from gamemarket.endpoints import Endpoint

__all__ = ["build_generic_models", "find_base_models"]

_FOLDER = "models/staging/generic"
_BASE = "models/staging/base/"
# base_rows('rawg', 'genres', ...) or base_rows('rawg', ['games', 'games_top'], ...)
_BASE_ROWS = re.compile(r"base_rows\(\s*'(\w+)',\s*(\[[^\]]*\]|'\w+')")


def find_base_models(packed: Mapping[str, bytes]) -> dict[str, frozenset[tuple[str, str]]]:
    """The project's base models that read the lake, with source and endpoint of what they read."""
    read = {
        name.removeprefix(_BASE).removesuffix(".sql"): _BASE_ROWS.search(body.decode())
        for name, body in packed.items()
        if name.startswith(_BASE) and name.endswith(".sql")
    }
    return {
        name: frozenset((found[1], endpoint) for endpoint in re.findall(r"\w+", found[2]))
        for name, found in read.items()
        if found
    }


def build_generic_models(
    endpoints: Iterable[Endpoint], packed: Mapping[str, bytes], items: Mapping[str, str]
) -> Iterator[tuple[str, bytes]]:
    """Path and body of the model and its yml, for each endpoint that is not modelled.

    `items` names, by source, the field of a page that holds its rows.
    """
    modelled = frozenset().union(*find_base_models(packed).values())
    for endpoint in endpoints:
        if (endpoint.source, endpoint.name) not in modelled:
            path = f"{_FOLDER}/{_name_of(endpoint)}"
            yield f"{path}.sql", _build_sql(endpoint, items[endpoint.source]).encode()
            yield f"{path}.yml", json.dumps(_describe(endpoint), indent=1).encode()


def _name_of(endpoint: Endpoint) -> str:
    return f"stg_{endpoint.source}__{endpoint.name}"


def _build_sql(endpoint: Endpoint, items: str) -> str:
    return f"{{{{ generic_rows('{endpoint.source}', '{endpoint.name}', items='{items}') }}}}\n"


def _describe(endpoint: Endpoint) -> dict[str, object]:
    counted = {
        "source_system": endpoint.source,
        "endpoint": endpoint.name,
        "holds_history": True,
    }
    return {
        "models": [
            {
                "name": _name_of(endpoint),
                "description": (
                    f"{endpoint.description}: every row in the lake, the whole of it in `payload`; "
                    "no model of its own yet. Grain: one row per row of a part."
                ),
                "data_tests": [
                    {"accounts_for_every_row": {"arguments": counted}},
                    {"accounts_for_every_id": {"arguments": {**counted, "id": "id"}}},
                ],
            }
        ]
    }
