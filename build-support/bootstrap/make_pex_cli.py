"""Packs an installed pex into the one-file pex CLI that Pants runs.

Usage: make_pex_cli.py INSTALLED OUTPUT, INSTALLED (a folder named like pex's wheel) on PYTHONPATH.
Nothing is resolved or downloaded: the bytes are those that pip has checked against their hash.
"""

import sys

from pex.pex_builder import PEXBuilder  # type: ignore[import-not-found]  # pants: no-infer-dep
from pex.version import __version__  # type: ignore[import-not-found]  # pants: no-infer-dep

installed, output = sys.argv[1:]
builder = PEXBuilder()
builder.info.strip_pex_env = False  # what Pants hands over by PEX_* must reach pex's children
builder.add_dist_location(installed)
builder.add_requirement(f"pex=={__version__}")
builder.set_script("pex")
builder.build(output)
