"""The two warehouses behind one interface: DuckDB and Snowflake."""
