"""What is no text is replaced, and nothing else."""

from __future__ import annotations

import pytest
import zstandard

from transformer.lake.mended_text import mend_part


@pytest.mark.parametrize(
    ("line", "mended"),
    [
        (rb'{"a":"\ud83d"}', r'{"a":"\ufffd"}'),
        (rb'{"a":"\uDE00 low"}', r'{"a":"\ufffd low"}'),
        (rb'{"a":"\ud83d\ude00"}', r'{"a":"\ud83d\ude00"}'),
        (rb'{"a":"\ud83d\ud83d\ude00"}', r'{"a":"\ufffd\ud83d\ude00"}'),
        (rb'{"a":"\\ud83d \\\ud83d"}', r'{"a":"\\ud83d \\\ufffd"}'),
        (rb'{"a":"\ud7ff\n\"\u00e9"}', r'{"a":"\ud7ff\n\"\u00e9"}'),
        (b'{"a":"\xff\xc3\xa9"}', '{"a":"\ufffdé"}'),
    ],
)
def test_a_character_that_cannot_be_told_is_replaced(line: bytes, mended: str) -> None:
    two_frames = zstandard.compress(line + b"\n") + zstandard.compress(b'{"b": 1}\n')
    unpacked = zstandard.decompress(mend_part(two_frames)).decode()
    assert unpacked == f'{mended}\n{{"b": 1}}\n'
