"""The head of a request, read once: only what collecting looks at."""

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qs

from msgspec import Struct

from desirepath.ingest.address import Networks, client_ip
from desirepath.ingest.signals import SIGNAL_HEADERS
from desirepath.projects.protected import Approach

_SIGNALS = {name.encode(): name for name in (*SIGNAL_HEADERS, "sec-gpc", "dnt")}
_FORWARDING = (b"forwarded", b"x-real-ip")
_READABLE = ("application/json", "text/plain", "")


class Head(Struct, gc=False):
    """Headers by what they are for. Values are cut where a hostile one could be long."""

    scheme: str
    peer: str
    query: bytes
    host: str = ""
    origin: str | None = None
    bearer: str = ""
    api_key: str = ""
    content_type: str = ""
    encoding: str = ""
    user_agent: str = ""
    idempotency_key: str = ""
    forwarded: bool = False
    signals: dict[str, str] = {}
    forwarding: dict[str, str] = {}

    @classmethod
    def of(cls, scope: MutableMapping[str, Any]) -> "Head":
        """Read the head of an ASGI scope."""
        client = scope.get("client")
        head = cls(scope.get("scheme", "http"), client[0] if client else "", scope["query_string"])
        hosts = 0
        for name, value in scope["headers"]:
            attribute = _NAMES.get(name)
            if attribute is not None:
                setattr(head, attribute, value.decode("latin-1"))
                hosts += name == b"host"
            elif name in _SIGNALS:
                head.signals[_SIGNALS[name]] = value.decode("latin-1")
            elif name == b"authorization":
                kind, _, text = value.decode("latin-1").partition(" ")
                head.bearer = text.strip() if kind.lower() == "bearer" else ""
            elif name.startswith(b"x-forwarded") or name in _FORWARDING:
                head.forwarded = True
                # A header that comes twice is one list: a proxy may append a line of its own.
                text, said = name.decode("latin-1"), value.decode("latin-1")
                before = head.forwarding.get(text)
                head.forwarding[text] = said if before is None else f"{before}, {said}"
        if hosts != 1:
            head.host = ""
        return head

    @property
    def readable(self) -> bool:
        """The body may be JSON. `text/plain` is what sendBeacon sends without asking first."""
        return self.content_type.partition(";")[0].strip().lower() in _READABLE

    def approach(self, loopback: bool) -> Approach:
        """What access is decided from."""
        found = parse_qs(self.query.decode("latin-1")).get("key") if b"key=" in self.query else None
        return Approach(
            bearer=self.bearer,
            api_key=self.api_key,
            query_key=found[-1] if found else "",
            host=self.host,
            origin=self.origin,
            scheme=self.scheme,
            forwarded=self.forwarded,
            loopback=loopback,
        )

    def ip(self, proxies: Networks) -> str:
        """The address of whoever sent it, through proxies that are trusted."""
        return client_ip(self.peer, self.forwarding, proxies)


_NAMES = {
    b"host": "host",
    b"origin": "origin",
    b"x-api-key": "api_key",
    b"content-type": "content_type",
    b"content-encoding": "encoding",
    b"user-agent": "user_agent",
    b"idempotency-key": "idempotency_key",
}
