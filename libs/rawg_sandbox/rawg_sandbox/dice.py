"""Reproducible chance: every property of the catalogue is a hash of (seed, what, who).

No generator with a state: game 700,000 can be made without making the others, and a clock can
go back and forth. The hash is splitmix64's finalizer (Steele, Lea, Flood 2014, public domain),
in 64-bit integers only, so the numbers are the same on every machine and numpy version.
"""

from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLIER_1 = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLIER_2 = np.uint64(0x94D049BB133111EB)


def _finalize(bits: Bits) -> Bits:
    bits = (bits ^ (bits >> np.uint64(30))) * _MULTIPLIER_1
    bits = (bits ^ (bits >> np.uint64(27))) * _MULTIPLIER_2
    return bits ^ (bits >> np.uint64(31))


class Dice:
    """Throws dice for whole columns at once; the same seed always throws the same."""

    def __init__(self, seed: int) -> None:
        """Any integer is a seed."""
        self.seed = seed % 2**64

    def bits(self, what: str, *who: npt.NDArray[Any]) -> Bits:
        """Return 64 hashed bits for each element of the index columns `who` (equally long)."""
        start = np.array([self.seed ^ (crc32(what.encode()) << 17)], dtype=np.uint64)
        state = _finalize(start + _GAMMA)
        for column in who:
            state = _finalize((state ^ column.astype(np.uint64)) * _MULTIPLIER_2 + _GAMMA)
        return state

    def below(self, what: str, limit: int | Ints, *who: npt.NDArray[Any]) -> Ints:
        """Return integers from 0 to limit - 1 (limit: one number or one for each)."""
        drawn = (self.bits(what, *who) >> np.uint64(1)).astype(np.int64)
        return drawn % limit

    def share(self, what: str, *who: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return numbers in [0, 1)."""
        return (self.bits(what, *who) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def score(self, what: str, *who: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return numbers spread nearly as a normal distribution is: mean 0, deviation 1.

        The sum of four 16-bit numbers: no logarithm, which machines round differently.
        """
        bits = self.bits(what, *who)
        total = sum((bits >> np.uint64(shift)) & np.uint64(0xFFFF) for shift in (0, 16, 32, 48))
        spread: npt.NDArray[np.float64] = np.asarray(total).astype(np.float64) / 65_535 - 2
        return spread * np.float64(3.0**0.5)


def scatter(index: Ints, size: int, seed: int) -> Ints:
    """Map 0..size-1 one to one onto themselves in a scattered order (an affine permutation).

    >>> sorted(scatter(np.arange(10), 10, 1).tolist()) == list(range(10))
    True
    """
    step = max(1, int(size * 0.6180339887) | 1)
    while np.gcd(step, size) != 1:
        step += 2
    return (index * step + seed % size) % size
