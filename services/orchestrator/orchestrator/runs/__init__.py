"""Dagster's runs: their progress, and those that died."""
