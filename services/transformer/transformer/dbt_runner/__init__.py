"""dbt: the project as packed, its environment, its runs and their results."""
