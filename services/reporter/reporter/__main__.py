"""`python -m reporter` and the PEX's entry point."""

from gamemarket.stage import run_stage
from reporter.cli import cli

if __name__ == "__main__":
    run_stage(cli, "reporter")
