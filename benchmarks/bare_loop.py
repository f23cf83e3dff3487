"""What the extractor is compared with: the least that must be done to read a list of pages.

A script of its own, started with the interpreter that the extractor runs on, so that httpx and zstandard
are the same. It has no retries, no limits and no memory of what it read. With --store it is the floor:
it also compresses each page as the extractor does and writes a file of it.
"""

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import zstandard

# zstd's own default. The extractor compresses each page twice: alone until its commit, then among others.
_ZSTD_LEVEL = 3


def main() -> None:
    """Reads pages 1 to --pages; prints how many bytes they had as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base_url")
    parser.add_argument("--key", required=True)
    parser.add_argument("--pages", type=int, required=True)
    parser.add_argument("--page-size", required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    parser.add_argument("--store", type=Path)
    args = parser.parse_args()
    params = {"key": args.key, "page_size": args.page_size, "ordering": "name"}
    limits = httpx.Limits(max_connections=args.concurrency)
    with (
        httpx.Client(timeout=30, limits=limits) as client,
        ThreadPoolExecutor(args.concurrency) as threads,
    ):

        def fetch(page: int) -> int:
            response = client.get(f"{args.base_url}/games", params={**params, "page": str(page)})
            response.raise_for_status()
            if args.store:
                packed = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(response.content)
                (args.store / f"page_{page:05d}.zst").write_bytes(packed)
            return len(response.content)

        size = sum(threads.map(fetch, range(1, args.pages + 1)))
    print(json.dumps({"bytes": size}))


if __name__ == "__main__":
    main()
