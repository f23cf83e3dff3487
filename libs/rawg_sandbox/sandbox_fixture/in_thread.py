"""A sandbox in a thread, for tests: no process to find, and its counters at hand."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rawg_sandbox.running import listening
from rawg_sandbox.server import RawgServer


@dataclass(frozen=True)
class RunningSandbox:
    """A server in a thread of this process: its API's address, and itself."""

    url: str
    server: RawgServer


@contextmanager
def sandbox_in_thread(server: RawgServer) -> Iterator[RunningSandbox]:
    """Serve on a free port of 127.0.0.1 while the context lasts."""
    started: list[str] = []
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with listening(server, "127.0.0.1", 0) as url:
            started.append(url)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    try:
        if not ready.wait(timeout=30):
            raise RuntimeError("the sandbox did not start within 30 seconds")
        yield RunningSandbox(started[0], server)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=30)
        loop.close()
