"""An emulated account, a repository, and act."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.workflows.account import Account, make_client
from tests.workflows.command_line import serve_command_line
from tests.workflows.runner import TREE, Tree, plant_tree


@pytest.fixture(scope="session")
def act() -> str:
    """Its path; where it can't be built the tests skip."""
    command = [str(TREE / "build-support/go_program"), "act"]
    built = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if built.returncode == 69:
        pytest.skip("act can't be built here (is there Go?): no workflow is run")
    assert built.returncode == 0
    return built.stdout.strip()


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with mock_aws():
        make_client.cache_clear()
        account = Account()
        account.make_what_a_first_apply_makes()
        yield account


@pytest.fixture(scope="module")
def tree(act: str, account: Account, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    folder = tmp_path_factory.mktemp("workflows")
    (folder / "home").mkdir()
    with serve_command_line(account) as address:
        yield Tree(plant_tree(folder / "repository"), act, address)
