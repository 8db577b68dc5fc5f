"""A key as text: how it is made, recognised and kept.

    dp_w_ XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX YYYYYY
    |     43 base62 characters: 256 random bits       6: CRC-32 of all before
    w, r or a: write, read, admin

The letter is for people and for scanners of leaked secrets. What a key may do is what the database
says of it. The checksum is no secret either: it tells a mistyped key from an unknown one, offline.

Kept is only SHA-256 of the whole text. 256 random bits cannot be guessed from it, so a slow
password hash would cost every request and protect nothing.
"""

import secrets
import zlib
from hashlib import sha256

from msgspec import Struct

from desirepath.model.project import Key, Role

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE62 = frozenset(_ALPHABET)
_START = {Role.WRITE: "dp_w_", Role.READ: "dp_r_", Role.ADMIN: "dp_a_"}
_ROLE = {start: role for role, start in _START.items()}

_RANDOM = 43  # 62**43 is the first power over 2**256
_CHECK = 6  # 62**6 is the first power over 2**32
LENGTH = 5 + _RANDOM + _CHECK

#: Characters of a key that may be shown: the start and 6 of 43, which leaves 220 bits unknown.
SHOWN = 11


class Minted(Struct, frozen=True):
    """A new key, and the only sight of its secret."""

    text: str
    key: Key

    def __repr__(self) -> str:
        # So that a logged or traced value does not carry the secret.
        return f"Minted(text='{prefix(self.text)}...', key={self.key!r})"


def mint(role: Role) -> str:
    """A new random key."""
    body = _START[role] + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return body + _checksum(body)


def looks_like_key(text: str) -> bool:
    """Whether `text` has the shape and the checksum of a key. Asks nobody."""
    return (
        len(text) == LENGTH
        and text[:5] in _ROLE
        and _BASE62.issuperset(text[5:])
        and _checksum(text[:-_CHECK]) == text[-_CHECK:]
    )


def is_meant_as_key(text: str) -> bool:
    """Whether `text` begins like a key, whole or mistyped. No id of a project does."""
    return text[:5] in _ROLE


def role_of(text: str) -> Role:
    """The role that a key's text claims. KeyError where `looks_like_key` is False."""
    return _ROLE[text[:5]]


def digest(text: str) -> bytes:
    """What is kept of a key: SHA-256, 32 bytes. `text` is ASCII, as every key is."""
    return sha256(text.encode("ascii")).digest()


def prefix(text: str) -> str:
    """What may be shown of a key, to recognise it by."""
    return text[:SHOWN]


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode("ascii"))
    digits = []
    for _ in range(_CHECK):
        number, rest = divmod(number, 62)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))
