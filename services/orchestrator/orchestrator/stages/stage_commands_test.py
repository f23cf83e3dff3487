from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gamemarket.errors import UsageError
from gamemarket.settings import load_settings
from orchestrator.stages.stage_commands import find_stage_command


def test_a_given_command_is_split_into_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRACTOR_COMMAND", f"'{sys.executable}' -m extractor")
    assert find_stage_command("extractor", load_settings()) == (sys.executable, "-m", "extractor")


def test_a_stage_beside_the_running_pex_is_started_with_this_interpreter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "transformer.pex").touch()
    monkeypatch.setenv("PEX", str(tmp_path / "orchestrator.pex"))
    command = find_stage_command("transformer", load_settings())
    assert command == (sys.executable, str(tmp_path / "transformer.pex"))


def test_a_stage_on_the_path_is_the_last_resort(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    executable = tmp_path / "extractor"
    executable.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_stage_command("extractor", load_settings()) == (str(executable),)


def test_a_missing_stage_is_one_sentence_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PEX", str(tmp_path / "orchestrator.pex"))
    with pytest.raises(UsageError, match=r"make build.*EXTRACTOR_COMMAND") as caught:
        find_stage_command("extractor", load_settings())
    assert str(tmp_path / "extractor.pex") in str(caught.value)


@pytest.mark.parametrize("command", ["no-such-program -m x", "'unclosed"])
def test_a_command_that_cannot_be_run_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("TRANSFORMER_COMMAND", command)
    with pytest.raises(UsageError, match="TRANSFORMER_COMMAND"):
        find_stage_command("transformer", load_settings())
