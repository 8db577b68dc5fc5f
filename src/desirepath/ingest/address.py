"""Address: whose a request is, when proxies stand between.

Only a proxy that the owner named is believed. Each proxy appends the address it was called from, so
the list is read from the right: the first address that is no named proxy is the client; all to the
left of it is what the client said of itself. A list is read until something in it is no address,
because nothing left of that can be trusted either. Of the headers, the first that gives an
address counts: X-Forwarded-For, Forwarded (RFC 7239), X-Real-IP. Most proxies set the first and
pass on the others as the client sent them.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

Networks = tuple[IPv4Network | IPv6Network, ...]

#: The request headers that are looked at, lower case.
HEADERS = ("x-forwarded-for", "forwarded", "x-real-ip")

_HOPS = 20  # more proxies than this stand in no honest row
_LONGEST = 200  # characters of a header that are remembered
_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*("[^"]*"|[^;\s"]+)', re.IGNORECASE)
_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)(?:%\w+)?\](?::\d+)?|(\d+(?:\.\d+){3}):\d+", re.ASCII)


def client_ip(peer: str, headers: Mapping[str, str], trusted: Networks) -> str:
    """The client's address in its shortest spelling; '' where `peer` is none (a local socket)."""
    header = headers.get
    return _client_ip(
        peer,
        header("x-forwarded-for", ""),
        header("forwarded", ""),
        header("x-real-ip", ""),
        trusted,
    )


def behind(trusted: Networks) -> Callable[[str, Mapping[str, str]], str]:
    """`client_ip` for one set of proxies, which remembers what it saw: 0.3 instead of 10 µs."""

    @lru_cache(maxsize=8192)  # of at most 3 * 200 characters each
    def remembered(peer: str, forwarded_for: str, forwarded: str, real_ip: str) -> str:
        return _client_ip(peer, forwarded_for, forwarded, real_ip, trusted)

    def client(peer: str, headers: Mapping[str, str]) -> str:
        if not trusted:
            return remembered(peer, "", "", "")
        header = headers.get
        a, b, c = header(HEADERS[0], ""), header(HEADERS[1], ""), header(HEADERS[2], "")
        if len(a) > _LONGEST or len(b) > _LONGEST or len(c) > _LONGEST:
            return _client_ip(peer, a, b, c, trusted)
        return remembered(peer, a, b, c)

    return client


def _client_ip(
    peer: str, forwarded_for: str, forwarded: str, real_ip: str, trusted: Networks
) -> str:
    address = _read(peer)
    if address is None:
        return ""
    if not _is_trusted(address, trusted):
        return str(address)
    found = _from_the_right(forwarded_for.split(","), trusted)
    if found is None and forwarded:
        found = _from_the_right([_node(element) for element in forwarded.split(",")], trusted)
    if found is None and real_ip:
        found = _from_the_right([real_ip], trusted)
    return str(found or address)


def _from_the_right(hops: list[str], trusted: Networks) -> IPv4Address | IPv6Address | None:
    # Where all are proxies of ours, the outermost of them asked for itself.
    outermost = None
    for hop in hops[: -_HOPS - 1 : -1]:
        if not hop.strip():
            continue
        address = _read(hop)
        if address is None:
            return None
        if not _is_trusted(address, trusted):
            return address
        outermost = address
    return outermost


def _node(element: str) -> str:
    found = _FOR.search(element)
    # An element that names nobody is as good as garbage: the row ends here.
    return found[1].strip('"') if found else "unknown"


def _read(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip()
    if len(text) > 64:
        return None
    found = _WITH_PORT.fullmatch(text)
    if found is not None:
        text = found[1] or found[2]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_trusted(address: IPv4Address | IPv6Address, trusted: Networks) -> bool:
    return any(address.version == network.version and address in network for network in trusted)
