"""Origins a project or a key accepts: exact scheme, host and port, as a browser writes them.

A noise filter, not a proof: outside a browser anybody can send any Origin.
A request without an Origin (a server, an app) passes.
"""

import re
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv6Address

from desirepath.errors import Invalid

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_ORIGIN = re.compile(
    rf"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    rf"(?P<host>{_LABEL}(?:\.{_LABEL})*|\[(?P<v6>[0-9a-f:.]+)\])"
    rf"(?::(?P<port>[0-9]{{1,5}}))?",
    re.ASCII,
)
_DEFAULT_PORT = {"http": 80, "https": 443}
MOST = 100


def parse_origins(texts: Iterable[str], *, field: str) -> tuple[str, ...]:
    """Each of `texts` as a browser would send it, in order, once. Invalid names the bad one."""
    found = tuple(dict.fromkeys(parse_origin(text, field=field) for text in texts))
    if len(found) > MOST:
        raise Invalid(f"{len(found)} origins are over the limit of {MOST}.", field=field)
    return found


def parse_origin(text: str, *, field: str) -> str:
    """One origin as a browser would send it: lower case, without a default port."""
    match = _ORIGIN.fullmatch(text.lower()) if len(text) <= 300 and text.isascii() else None
    if match is None or not _is_address(match["v6"]):
        raise Invalid(_advice(text), field=field)
    scheme, port = match["scheme"], match["port"]
    if port is None:
        return match[0]
    if not 1 <= int(port) <= 65535:
        raise Invalid(f"{text!r} has no port between 1 and 65535.", field=field)
    host = f"{scheme}://{match['host']}"
    return host if _DEFAULT_PORT.get(scheme) == int(port) else f"{host}:{int(port)}"


def admits(allowed: tuple[str, ...], origin: str | None) -> bool:
    """Whether a request with this Origin header (None: without one) passes the list."""
    return not allowed or origin is None or origin in allowed


def _is_address(v6: str | None) -> bool:
    if v6 is None:
        return True
    try:
        IPv6Address(v6)
    except AddressValueError:
        return False
    return True


def _advice(text: str) -> str:
    wanted = f"{text[:300]!r} is no origin. Write scheme://host or scheme://host:port"
    if "*" in text:
        return f"{wanted}; wildcards are not read, so list each host."
    if text == "null":
        return f"{wanted}; 'null' is what every sandboxed page sends."
    if not text.isascii():
        return f"{wanted}, with an international host in its xn-- form, as browsers send it."
    return f"{wanted}, without a path, a query or a user."
