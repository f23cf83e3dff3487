"""Writes docs/costs.md: `python -m benchmarks.costs` from the tree's root."""

from pathlib import Path

from benchmarks.costs.costs import read_facts
from benchmarks.costs.page import build_page

if __name__ == "__main__":
    page = build_page(read_facts(Path.cwd()))
    Path("docs/costs.md").write_text(page)
    print(page)
