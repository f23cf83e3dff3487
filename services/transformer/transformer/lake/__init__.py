"""What the lake holds for a build: manifests, parts, rows, and how DuckDB reads them."""
