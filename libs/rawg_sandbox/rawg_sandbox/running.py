"""Running a server until a signal comes."""

import asyncio
import errno
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import click
from aiohttp import web

from rawg_sandbox.server import RawgServer

EXIT_UNAVAILABLE: Final = 69


@asynccontextmanager
async def listening(server: RawgServer, host: str, port: int) -> AsyncIterator[str]:
    """Listen while the context lasts; give the address of the API.

    Raises OSError if that is not possible.
    """
    runner = web.ServerRunner(web.Server(server.handle, access_log=None), shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield f"http://{host}:{runner.addresses[0][1]}/api"
    finally:
        await runner.cleanup()


async def run_until_signal(server: RawgServer, host: str, port: int, about: dict[str, Any]) -> int:
    """Print the ready line, serve, and return the exit code: 130 or 143 after SIGINT or SIGTERM,
    69 if the address cannot be had."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _end, ended, 128 + number)
    try:
        async with listening(server, host, port) as url:
            _print_ready(url, about)
            return await ended
    except OSError as error:
        click.echo(f"sandbox: {_explain(host, port, error)}", err=True)
        return EXIT_UNAVAILABLE


def _end(ended: asyncio.Future[int], exit_code: int) -> None:
    if not ended.done():
        ended.set_result(exit_code)


def _explain(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken by another process; choose another --port, or 0"
    reason = os.strerror(error.errno) if error.errno else str(error)
    return f"cannot listen at {host}, port {port}: {reason}"


def _print_ready(url: str, about: dict[str, Any]) -> None:
    if not sys.stdout.isatty():
        click.echo(json.dumps({"url": url, **about}))
        return
    facts = ", ".join(f"{name} {value}" for name, value in about.items())
    click.echo(f"Sandbox ready at {url} ({facts}). End it with Ctrl-C.")
