"""Dependabot proposes nothing that requirements.txt has a reason against."""

from __future__ import annotations

import re
from pathlib import Path

REQUIREMENTS = Path("3rdparty/python/requirements.txt").read_text()
DEPENDABOT = Path(".github/dependabot.yml").read_text()
CAPPED = re.compile(r"^([\w-]+)(?:\[.*?\])?(==|.*<)([\d.]+)", re.MULTILINE)
IGNORED = re.compile(r'dependency-name: ([\w-]+)(?:, versions: \[">=([\d.]+)"\])?')


def test_every_cap_is_heeded_and_nothing_else_is_held_back() -> None:
    caps = {name: "" if kind == "==" else cap for name, kind, cap in CAPPED.findall(REQUIREMENTS)}
    of_python = DEPENDABOT[DEPENDABOT.index("package-ecosystem: pip") :]
    assert dict(IGNORED.findall(of_python)) == caps
    assert "duckdb" in caps
