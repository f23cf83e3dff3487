"""The same rows on DuckDB and on Snowflake."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of libraries that stand beside it, not of anything we use
    import fakesnow  # noqa: F401
