"""The head of a request, read once: only what collecting looks at.

The server takes at most 64 KiB of it, so no value is longer than that. Of a header that comes
twice the last line counts, but not of `Host`: two of them are none.
"""

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qs

from msgspec import Struct

from desirepath.ingest import HEADERS
from desirepath.projects.protected import Approach

_READABLE = ("application/json", "text/plain", "")


class Head(Struct, gc=False):
    """Headers by what they are for."""

    scheme: str
    peer: str
    query: bytes
    host: str = ""
    origin: str | None = None
    authorization: str = ""
    api_key: str = ""
    content_type: str = ""
    encoding: str = ""
    user_agent: str = ""
    idempotency_key: str = ""
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
                hosts += attribute == "host"
            elif name in _SIGNALS:
                head.signals[_SIGNALS[name]] = value.decode("latin-1")
            elif name in _FORWARDING or name.startswith(b"x-forwarded"):
                # A header that comes twice is one list: a proxy may append a line of its own.
                text, said = name.decode("latin-1"), value.decode("latin-1")
                before = head.forwarding.get(text)
                head.forwarding[text] = said if before is None else f"{before}, {said}"
        if hosts != 1:
            head.host = ""
        return head

    @property
    def readable(self) -> bool:
        """The body may be JSON. `text/plain`, or no type at all, is what sendBeacon sends without
        asking first."""
        return self.content_type.partition(";")[0].strip().lower() in _READABLE

    def approach(self, loopback: bool) -> Approach:
        """What access is decided from."""
        kind, _, bearer = self.authorization.partition(" ")
        found = parse_qs(self.query.decode("latin-1")).get("key") if b"key=" in self.query else None
        return Approach(
            bearer=bearer.strip() if kind.lower() == "bearer" else "",
            api_key=self.api_key,
            query_key=found[-1] if found else "",
            host=self.host,
            origin=self.origin,
            scheme=self.scheme,
            forwarded=bool(self.forwarding),
            loopback=loopback,
        )


_NAMES = {
    b"host": "host",
    b"origin": "origin",
    b"authorization": "authorization",
    b"x-api-key": "api_key",
    b"content-type": "content_type",
    b"content-encoding": "encoding",
    b"user-agent": "user_agent",
    b"idempotency-key": "idempotency_key",
}
_SIGNALS = {name.encode(): name for name in HEADERS if name.encode() not in _NAMES}
_FORWARDING = {b"forwarded", b"x-real-ip"}
