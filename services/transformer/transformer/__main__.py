"""`python -m transformer` and the PEX's entry point."""

from gamemarket.stage import run_stage
from transformer.cli import cli

if __name__ == "__main__":
    run_stage(cli, "transformer")
