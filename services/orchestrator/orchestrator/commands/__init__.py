"""What the command line starts: runs of days, Dagster's pages, the code location."""
