"""Text that is no Unicode: a lone half of a surrogate pair, bytes that are no UTF-8.

JSON can carry both (RFC 8259, 8.2), and the lake keeps them as they came; neither DuckDB nor a strict
parser reads such a page. A reader of text puts U+FFFD where the character can't be told, and so do we.
"""

from __future__ import annotations

import re
from typing import Final

import zstandard

__all__ = ["mend_part"]

# An escape at a time, so that an escaped backslash before a `u` is none: pairs and others stay.
_ESCAPES: Final = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)


def mend_part(part: bytes) -> bytes:
    """The part (lines of JSON, zstd in any number of frames) with U+FFFD for what is no text."""
    decompressed = zstandard.ZstdDecompressor().stream_reader(part, read_across_frames=True).read()
    mended = _ESCAPES.sub(_replace, decompressed.decode(errors="replace"))
    return zstandard.compress(mended.encode())


def _replace(escape: re.Match[str]) -> str:
    return "\\ufffd" if escape[1] else escape[0]
