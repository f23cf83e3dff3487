"""The check can fail: without any of the protocol's rules it finds a schedule that breaks a promise."""

from __future__ import annotations

import pytest

from extractor.pages import parts
from tests.protocol.rules import RULES, Rule
from tests.protocol.search import Search, ViolationError


@pytest.mark.timeout(300)
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_without_this_rule_the_check_goes_red(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", rule.scenario.part_bytes)
    rule.remove(monkeypatch)
    with pytest.raises(ViolationError, match=rule.broken) as found:
        Search(rule.scenario).walk_all()
    print(found.value)
