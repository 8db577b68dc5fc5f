"""Pseudonym: tells the visitors of one day apart, and nothing else.

HMAC-SHA256 under a salt that is thrown away, so that from the day after nobody, we included, can
say whose it was. It is made before the address is dropped, and differs between projects. Without a
salt there is none: a bare hash of an address can be undone by trying all addresses.
"""

import hmac
from functools import lru_cache

from desirepath.ingest.base import Dropped, Hit
from desirepath.model.event import Event

LENGTH = 32  # hex characters, 128 bits


# At most 8,192 entries of 1,000 characters of user agent and an address: 8 MB at the very worst.
@lru_cache(maxsize=8192)
def pseudonym_of(salt: bytes, project: str, ip: str, user_agent: str) -> str:
    """HMAC(salt, project NUL ip NUL user agent), cut to 128 bits; '' where nothing is known."""
    if not salt or not (ip or user_agent):
        return ""
    message = f"{project}\0{ip}\0{user_agent}".encode(errors="replace")
    return hmac.digest(salt, message, "sha256").hex()[:LENGTH]


def pseudonym(event: Event, hit: Hit) -> Dropped | None:
    """Where the event does not say who acted, it was the visitor of the day."""
    if not event.actor and hit.pseudonym:
        event.actor = hit.pseudonym
        event.actor_kind = "daily"
    return None
