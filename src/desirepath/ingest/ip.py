"""IP: what the project keeps of an address: nothing, its network, or all of it.

`drop` is the default. `truncate` keeps the first 24 bits of an IPv4 address and 48 of an IPv6 one:
a neighbourhood, not a household. What is no address is never kept.
"""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from desirepath.ingest.base import Dropped, Hit
from desirepath.model.event import Event
from desirepath.model.project import IpMode

_V4_KEPT = ~((1 << (32 - 24)) - 1)
_V6_KEPT = ~((1 << (128 - 48)) - 1)


@lru_cache(maxsize=8192)
def stored_ip(ip: str, mode: IpMode) -> str:
    """What is stored of `ip` under `mode`, in its shortest spelling; '' for nothing."""
    if mode is IpMode.DROP:
        return ""
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return str(IPv6Address(int(address) & _V6_KEPT) if mode is IpMode.TRUNCATE else address)
        address = address.ipv4_mapped
    return str(IPv4Address(int(address) & _V4_KEPT) if mode is IpMode.TRUNCATE else address)


def ip(event: Event, hit: Hit) -> Dropped | None:
    """Set `ip` to what the project keeps of the address."""
    if hit.stored_ip:
        event.ip = hit.stored_ip
    return None
