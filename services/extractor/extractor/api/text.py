r"""A body as text that every reader of the lake takes: UTF-8, without a byte order mark.

JSON's grammar allows half a surrogate pair (`"\ud83d"`, a name cut in the middle of an emoji), and servers
send what is no UTF-8 at all. DuckDB and pydantic refuse either, and with it all other rows of the page.
"""

from __future__ import annotations

import json
import re

# An escape is looked at as a whole, so that `\\ud83d`, a backslash and a word, stays what it is.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)


def to_utf8(body: bytes) -> bytes:
    """The body in UTF-8; UTF-16 and UTF-32 are told by their marks or zeros (RFC 4627, 3)."""
    encoding = json.detect_encoding(body)
    return body if encoding == "utf-8" else body.decode(encoding, errors="replace").encode()


def mend_text(body: bytes) -> bytes:
    """A body in UTF-8 with U+FFFD for what is no character; unchanged where all are."""
    text = body.decode(errors="replace")
    return _ESCAPE.sub(lambda found: r"\ufffd" if found[1] else found[0], text).encode()
