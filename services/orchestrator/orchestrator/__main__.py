"""`python -m orchestrator`, and the entry point of orchestrator.pex."""

from gamemarket.stage import run_stage
from orchestrator.cli import orchestrator

if __name__ == "__main__":
    run_stage(orchestrator, "orchestrator", grace_seconds=None)  # its stages have theirs
