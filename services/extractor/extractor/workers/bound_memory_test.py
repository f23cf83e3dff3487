from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from extractor.workers import bound_memory

# In a process of its own, because what is bounded stays so. Its threads all live and allocate at once.
COUNT_ARENAS = """
import ctypes, runpy, tempfile, threading

if {bounded}:
    runpy.run_path({module!r})["bound_memory"]()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fdopen.restype = ctypes.c_void_p
all_here = threading.Barrier(8)
def allocate():
    all_here.wait()
    libc.malloc(100_000)
    all_here.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
with tempfile.TemporaryFile() as told:
    stream = ctypes.c_void_p(libc.fdopen(told.fileno(), b"w"))
    libc.malloc_info(0, stream)
    libc.fflush(stream)
    told.seek(0)
    print(told.read().count(b"<heap nr="))
"""


def count_arenas(*, bounded: bool) -> int:
    code = COUNT_ARENAS.format(bounded=bounded, module=bound_memory.__file__)
    words = [sys.executable, "-c", code]
    return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc only, as the module says")
def test_many_threads_share_two_arenas() -> None:
    assert count_arenas(bounded=False) > 2
    assert count_arenas(bounded=True) == 2
