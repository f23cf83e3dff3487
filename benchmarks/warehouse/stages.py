"""The commands that are measured, or that prepare: the transformer, and interpreters of stages."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Stages:
    """The transformer's command; the interpreters of the sandbox, the extractor and the transformer."""

    transformer: Sequence[str]
    sandbox_python: Sequence[str]
    extractor_python: Sequence[str]
    transformer_python: Sequence[str]
