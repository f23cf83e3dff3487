"""The transformer: lake -> warehouse -> marts, by dbt."""
