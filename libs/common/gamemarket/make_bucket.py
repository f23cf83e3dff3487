"""`python -m gamemarket.make_bucket`: creates the lake's bucket in the local stack's store.

The stack starts it before anything that reads or writes the lake. In a cloud the bucket is Terraform's.
"""

from __future__ import annotations

import sys

from gamemarket.errors import GameMarketError, UsageError
from gamemarket.s3_lake import make_bucket
from gamemarket.settings import load_settings


def main() -> int:
    """Creates DATA_LAKE_BUCKET where it is not there yet; one sentence, and an exit code."""
    try:
        settings = load_settings()
        if not settings.data_lake_bucket:
            raise UsageError("DATA_LAKE_BUCKET is not set: it names the bucket to be created.")
        created = make_bucket(settings.data_lake_bucket, settings.s3_endpoint)
    except GameMarketError as error:
        print(f"make_bucket: {error}", file=sys.stderr)
        return error.exit_code
    print(f"s3://{settings.data_lake_bucket} {'created' if created else 'is there'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
