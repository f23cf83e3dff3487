"""Terraform as tests run it: in a copy of infra/, offline, with providers from this machine's plugin folders.

`TF_PLUGIN_DIRS` names the folders (colon separated; each holds `registry.terraform.io`); without it they
are that of `make terraform-mirror`, and those near the root. Where there is no Terraform or no provider a
test skips, and says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

__all__ = ["Root", "copy_tree", "find_plugin_folders", "require_terraform"]

TREE: Final = Path.cwd()  # the checkout, or Pants' sandbox with these files (see the BUILD file)
_AWS: Final = "registry.terraform.io/hashicorp/aws"
SNOWFLAKE: Final = "registry.terraform.io/snowflakedb/snowflake"


def find_plugin_folders() -> list[Path]:
    """Folders that hold a mirror of providers."""
    named = [Path(one) for one in os.environ.get("TF_PLUGIN_DIRS", "").split(":") if one]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "game-market"
    found = [*cache.glob("terraform/*.terraform.io"), *Path("/").glob("*/*/registry.terraform.io")]
    return named or [one.parent for one in found]


def has_provider(provider: str) -> bool:
    return any((folder / provider).is_dir() for folder in find_plugin_folders())


def require_terraform(provider: str = _AWS) -> None:
    """Skips where a test of this provider can't run."""
    if shutil.which("terraform") is None:
        pytest.skip("no terraform on PATH: nothing of infra/ is tried")
    if not has_provider(provider):
        pytest.skip(f"no plugin folder holds {provider}: set TF_PLUGIN_DIRS to one that does")


def copy_tree(folder: Path) -> Path:
    """infra/ and config/ without what Terraform has left there; the copy's infra."""
    ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*")
    for name in ("infra", "config"):
        shutil.copytree(TREE / name, folder / name, ignore=ignored)
    return folder / "infra"


@dataclass
class Root:
    """One root module of a copy of infra/."""

    folder: Path
    arguments: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)  # of its environment

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Both outputs together as standard output; fails with them."""
        ended = subprocess.run(
            ["terraform", *words],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if check and ended.returncode != 0:
            pytest.fail(
                f"terraform {' '.join(words[:2])} ended with {ended.returncode}:\n{ended.stdout[-4000:]}"
            )
        return ended

    def init(self, *options: str) -> None:
        folders = [f"-plugin-dir={folder}" for folder in find_plugin_folders()]
        self.run("init", "-input=false", "-no-color", *folders, *options)

    def apply(self, *options: str) -> str:
        return self.run("apply", "-auto-approve", *_QUIET, *self.arguments, *options).stdout

    def plan(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Exit code 0: no changes; 2: changes."""
        words = ("plan", "-detailed-exitcode", *_QUIET, *self.arguments, *options)
        return self.run(*words, check=False)

    def destroy(self, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run("destroy", "-auto-approve", *_QUIET, *self.arguments, *options, check=False)

    def _environment(self) -> dict[str, str]:
        """Nothing of the user's: no credentials, no variables, no configuration of the command."""
        foreign = ("AWS_", "TF_", "SNOWFLAKE_")
        own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return {**own, **self.variables, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}


_QUIET: Final = ("-input=false", "-no-color")
