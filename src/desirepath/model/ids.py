"""Event ids: a UUID stays itself; any other text becomes UUIDv5(project, text)."""

import re
from hashlib import sha1
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

#: Whether a text is a UUID in lower case, which is then the id as it stands.
is_canonical = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
_ROOT = uuid5(NAMESPACE_URL, "desirepath:event").bytes


def mint() -> str:
    """A new random id (UUIDv4)."""
    return str(uuid4())


def canonical(project: str, text: str) -> tuple[str, str]:
    """`text` as (id, text kept). The text is kept only where it was no UUID."""
    if is_canonical(text):
        return text, ""
    lower = text.lower()
    if is_canonical(lower):
        return lower, ""
    return named(project, text), text


def named(project: str, text: str) -> str:
    """UUIDv5 of `text` in the namespace of `project` (RFC 9562, 5.5)."""
    space = sha1(_ROOT + project.encode(), usedforsecurity=False).digest()[:16]
    digest = sha1(space + text.encode(), usedforsecurity=False).digest()[:16]
    return str(UUID(bytes=digest, version=5))
