"""A RAWG-compatible server with a synthetic, reproducible catalogue, for demo and tests."""
