"""The graph: an asset for each endpoint and each model."""
