"""The same list read by dlt's rest_api source into a folder of jsonl files.

A script of its own for the interpreter of dlt's environment. dlt keeps rows, not answers: with its usual
nesting it makes tables of the arrays inside games, at several times the cost; here rows stay whole, which
is the nearest to what the extractor does. rest_api asks for the pages of one list one after the other.
"""

import argparse
from pathlib import Path

import dlt  # type: ignore[import-not-found]  # pants: no-infer-dep
from dlt.sources.rest_api import (  # type: ignore[import-not-found]
    rest_api_source,  # pants: no-infer-dep
)


def main() -> None:
    """Runs one pipeline over pages 1 to --pages; its state lies below --folder, as its data does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base_url")
    parser.add_argument("--key", required=True)
    parser.add_argument("--pages", type=int, required=True)
    parser.add_argument("--page-size", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    args = parser.parse_args()
    paginator = {
        "type": "page_number",
        "base_page": 1,
        "total_path": None,
        "maximum_page": args.pages + 1,
    }
    games = {
        "name": "games",
        "write_disposition": "append",
        "max_table_nesting": 0,
        "endpoint": {
            "path": "games",
            "params": {"key": args.key, "page_size": args.page_size, "ordering": "name"},
            "data_selector": "results",
            "paginator": paginator,
        },
    }
    client = {"base_url": f"{args.base_url}/"}
    source = rest_api_source({"client": client, "resources": [games]})
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(args.folder / "pipelines"),
        destination=dlt.destinations.filesystem(str(args.folder / "data")),
        dataset_name="rawg",
    )
    pipeline.run(source, loader_file_format="jsonl")


if __name__ == "__main__":
    main()
