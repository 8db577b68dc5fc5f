"""Ids as the tracker makes them: UUIDv7 (RFC 9562, 5.7), which begin with their time."""

from random import Random


def v7(time: float, dice: Random) -> str:
    """A new id at `time` (Unix seconds)."""
    bits = dice.getrandbits(74)
    number = int(time * 1000) << 80 | 7 << 76 | (bits >> 62) << 64 | 2 << 62 | bits & (1 << 62) - 1
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
