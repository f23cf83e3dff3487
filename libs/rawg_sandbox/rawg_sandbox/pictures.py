"""Addresses of pictures: under a reserved name, so that none can ever be asked of somebody's server."""

from typing import Final

MEDIA: Final = "https://media.rawg.example/media"


def picture(folder: str, digest: str) -> str:
    """Return the address of a picture; `digest` is 32 hexadecimal digits."""
    return f"{MEDIA}/{folder}/{digest[:3]}/{digest}.jpg"


def background(kind: str, item_id: int) -> str:
    """Return the picture of a genre, platform, store, tag or company."""
    return picture("games", f"{_hash_text(kind):08x}{item_id * 2654435761 % 2**96:024x}")


def _hash_text(text: str) -> int:
    """Return a stable 32-bit number for a text (FNV-1a)."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 % 2**32
    return value
