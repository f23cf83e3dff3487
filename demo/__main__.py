"""`python -m demo`: what `make demo` runs."""

from demo.cli import demo
from gamemarket.stage import run_stage

if __name__ == "__main__":
    run_stage(demo, "demo", grace_seconds=None)  # its stages have theirs
