"""Which API a stack reads: RAWG, or the sandbox while there is no key. Their data must never mix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from stack.errors import SettingError

__all__ = ["SANDBOX_HOST", "choose_api", "find_host"]

SANDBOX_HOST: Final = "sandbox"
# What the sandbox takes where nothing else is said (libs/rawg_sandbox).
_SANDBOX: Final = {
    "SANDBOX_API_KEY": "the-sandbox-key",
    "SANDBOX_BASE_URL": f"http://{SANDBOX_HOST}:8765/api",
}
_RAWG: Final = "https://api.rawg.io/api"  # config/endpoints.json
# `game-market=sandbox,another=api.rawg.io`: the host that each stack was last started with.
_RECORD: Final = "STACK_APIS"


def find_host(own: Mapping[str, str]) -> str:
    """The host of the API that the user's settings ask for."""
    if own.get("RAWG_API_KEY") or own.get("RAWG_BASE_URL"):
        return urlsplit(own.get("RAWG_BASE_URL") or _RAWG).hostname or ""
    return SANDBOX_HOST


def choose_api(
    project: str, own: Mapping[str, str], found: Mapping[str, str], has_data: Callable[[], bool]
) -> dict[str, str]:
    """What the stack is to be told of its API. SettingError when its data are of another one.

    `own` are the user's settings, `found` what the last start found.
    """
    host = find_host(own)
    hosts = dict(one.split("=", 1) for one in found.get(_RECORD, "").split(",") if one)
    before = hosts.get(project, host)
    if before != host and has_data():
        raise SettingError(
            f"The stack {project} holds data of {before}, and .env now asks for {host}: they must "
            f"not mix. Either `make clean` and `make start`: the data of {before} are gone. Or "
            "`make down`, another COMPOSE_PROJECT_NAME in .env, and `make start`: another stack, "
            "and this one is there again under its old name."
        )
    record = {_RECORD: ",".join(f"{name}={at}" for name, at in {**hosts, project: host}.items())}
    return record if host != SANDBOX_HOST else {**record, **_SANDBOX, **_profiles(own)}


def _profiles(own: Mapping[str, str]) -> dict[str, str]:
    others = [name for name in own.get("COMPOSE_PROFILES", "").split(",") if name]
    return {"COMPOSE_PROFILES": ",".join(dict.fromkeys([*others, "sandbox"]))}
