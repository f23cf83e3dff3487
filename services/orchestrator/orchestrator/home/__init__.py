"""The folder that Dagster works in."""
