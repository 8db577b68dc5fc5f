"""Protected mode: when a request needs no key, because only this machine can have sent it.

All of these must hold, so that neither a proxy in front nor a page in the user's browser gets in:

* the server listens on loopback alone;
* the Host is localhost, 127.0.0.1 or [::1], with any port (a name that was re-bound to 127.0.0.1
  by a foreign DNS server still comes as that name);
* there is no Forwarded or X-Forwarded-* header, so no proxy passed it on;
* to read, the Origin is the server's own, or there is none.
"""

import re

from msgspec import Struct

_LOCAL = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


class Approach(Struct, frozen=True, kw_only=True):
    """What a request shows of itself, as far as access depends on it."""

    bearer: str = ""  # Authorization: Bearer
    api_key: str = ""  # X-API-Key
    query_key: str = ""  # ?key=
    host: str = ""  # the Host header; "" where there is none, or more than one
    origin: str | None = None  # the Origin header; None where there is none
    scheme: str = "http"
    forwarded: bool = True  # a header Forwarded or X-Forwarded-* is there
    loopback: bool = False  # every address the server listens on is a loopback address

    @property
    def header_key(self) -> str:
        """The key in a header. X-API-Key is meant for us alone, so it wins."""
        return self.api_key or self.bearer


def is_protected(approach: Approach) -> bool:
    """Whether the request may go without a key."""
    return (
        approach.loopback and not approach.forwarded and _LOCAL.fullmatch(approach.host) is not None
    )


def is_same_origin(approach: Approach) -> bool:
    """Whether the request comes from a page of this server, or from no page at all."""
    own = f"{approach.scheme}://{approach.host}".lower()
    return approach.origin is None or approach.origin == own
