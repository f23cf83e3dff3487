from __future__ import annotations

import os
from pathlib import Path

import pytest

from gamemarket.errors import UsageError
from gamemarket.settings import load_settings
from orchestrator.home.dbt_manifest import make_dbt_manifest

# Writes a manifest and counts how often it was asked.
_TRANSFORMER = """\
import pathlib, sys
count = pathlib.Path(__file__).with_suffix(".count")
count.write_text(str(int(count.read_text()) + 1 if count.exists() else 1))
folder = pathlib.Path(sys.argv[sys.argv.index("--output") + 1])
(folder / "manifest.json").write_text("{}")
"""


@pytest.fixture
def transformer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pex = tmp_path / "transformer.pex"
    pex.write_text(_TRANSFORMER)
    monkeypatch.setenv("PEX", str(tmp_path / "orchestrator.pex"))
    return pex


def times_asked(transformer: Path) -> int:
    return int(transformer.with_suffix(".count").read_text())


def test_a_second_start_takes_the_kept_manifest(transformer: Path) -> None:
    first = make_dbt_manifest(load_settings())
    assert make_dbt_manifest(load_settings()) == first
    assert first.read_text() == "{}"
    assert times_asked(transformer) == 1


def test_another_transformer_makes_another_manifest(transformer: Path) -> None:
    first = make_dbt_manifest(load_settings())
    os.utime(transformer, (1, 1))
    assert make_dbt_manifest(load_settings()) != first
    assert times_asked(transformer) == 2


def test_a_command_that_is_no_pex_is_asked_at_every_start(
    transformer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = transformer.rename(transformer.with_suffix(".py"))
    monkeypatch.setenv("TRANSFORMER_COMMAND", f"python3 {script}")
    make_dbt_manifest(load_settings())
    make_dbt_manifest(load_settings())
    assert times_asked(script) == 2


def test_a_manifest_that_was_handed_over_is_taken_as_it_is(
    transformer: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DBT_MANIFEST", str(tmp_path / "given.json"))
    assert make_dbt_manifest(load_settings()) == tmp_path / "given.json"
    assert not transformer.with_suffix(".count").exists()


def test_a_transformer_that_fails_is_told_in_its_own_words(transformer: Path) -> None:
    transformer.write_text("import sys; sys.exit('the project is broken')")
    with pytest.raises(UsageError, match="no dbt manifest, exit code 1: the project is broken"):
        make_dbt_manifest(load_settings())
