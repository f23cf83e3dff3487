"""What leaves the warehouse: Parquet and its pointer, Postgres, queries."""
