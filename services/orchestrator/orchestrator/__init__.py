"""The orchestrator: Dagster definitions that start the stages' own executables."""
