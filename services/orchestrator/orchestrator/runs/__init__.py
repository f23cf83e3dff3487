"""Dagster's runs: their progress, who runs them in a home, and those that died."""
