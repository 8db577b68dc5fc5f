"""The collecting routes: read, decide, make durable, answer. 2xx means it survives power loss.

Bare ASGI and msgspec: this is the one path whose speed decides how small a machine will do.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from desirepath import intake
from desirepath.api import body, cors, errors, metrics
from desirepath.api.deadline import Deadlines
from desirepath.api.head import Head
from desirepath.api.services import Services
from desirepath.errors import DesirepathError, NotAllowed, TooMany
from desirepath.formats import limits, trackflow
from desirepath.formats.base import Batch, Item
from desirepath.ingest import pipeline, recognise
from desirepath.ingest.base import Hit
from desirepath.log.base import Draft
from desirepath.model.event import Refusal
from desirepath.projects.sending import MESSAGES, Denied, Sender, Senders

BODY_SECONDS = 15.0
RATE = "rate"  # the reason under which events over a rate are counted

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_JSON = b"application/json"


class Rejected(msgspec.Struct, omit_defaults=False):
    """One event that was not taken, as the answer says it."""

    index: int
    event_id: str
    reason: str
    field: str
    message: str


class Collector:
    """One format behind one path. ASGI."""

    def __init__(
        self,
        services: Services,
        path: str,
        read: Callable[[bytes, bool], Batch],
        forbidden: frozenset[str],
    ) -> None:
        self.path = path
        self._services = services
        self._read = read
        self._steps = pipeline(forbidden)
        self._deadlines = Deadlines(BODY_SECONDS)
        self._requests = {
            status: metrics.REQUESTS.labels(path, str(status))
            for status in (200, 204, 400, 401, 403, 405, 408, 413, 415, 422, 429, 503)
        }
        self._accepted = metrics.EVENTS.labels(path, "accepted")
        self._rejected = metrics.EVENTS.labels(path, "rejected")
        self._seconds = metrics.SECONDS.labels(path)

    @staticmethod
    def all(services: Services) -> list["Collector"]:
        """Every collecting route of this server."""
        return [Collector(services, "/v1/events", trackflow.read, trackflow.FORBIDS)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        begun = time.perf_counter()
        head = Head.of(scope)
        extra: list[tuple[bytes, bytes]] = []
        try:
            status, answer = await self._answer(scope["method"], head, receive)
        except body.Disconnected:
            return
        except DesirepathError as exc:
            status, answer = errors.status(exc), errors.body(exc)
            extra = [
                (name.encode(), value.encode())
                for name, value in errors.headers(exc).items()
                if name != "content-type"
            ]
        if status == 405:
            extra = [(b"allow", b"POST, OPTIONS")]
        if status in (408, 413):
            # What is left of the body will not be read, so the connection cannot be used again.
            extra.append((b"connection", b"close"))
        headers = [(b"content-type", _JSON), *extra]
        if head.origin is not None:
            headers += cors.PREFLIGHT if status == 204 else cors.ANSWER
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})
        self._requests[status].inc()
        self._seconds.observe(time.perf_counter() - begun)

    async def _answer(self, method: str, head: Head, receive: Receive) -> tuple[int, bytes]:
        if method == "OPTIONS":
            return 204, b""
        if method != "POST":
            return 405, errors.encode("method_not_allowed", f"send events with POST, not {method}")
        if not head.readable:
            message = (
                f"Content-Type {head.content_type[:100]!r}: send application/json, or text/plain"
            )
            return 415, errors.encode("unsupported_media_type", message, "Content-Type")
        sent = await self._receive(receive)
        if sent is None:
            message = f"the body did not arrive within {BODY_SECONDS:.0f} seconds"
            return 408, errors.encode("too_slow", message)
        plain = body.inflate(sent, head.encoding, limits.BODY_BYTES)
        now = time.time()
        senders = Senders(head.approach(self._services.on_loopback), self._services.directory, now)
        batch = self._read(plain, not head.idempotency_key)
        return await self._take(batch, senders, head, now)

    async def _receive(self, receive: Receive) -> bytes | None:
        task = self._deadlines.begin()
        try:
            return await body.read(receive, limits.BODY_BYTES)
        except asyncio.CancelledError:
            if self._deadlines.was_late(task):
                return None
            raise
        finally:
            self._deadlines.end(task)

    async def _take(
        self, batch: Batch, senders: Senders, head: Head, now: float
    ) -> tuple[int, bytes]:
        drafts: list[Draft] = []
        rejected: list[Rejected] = []
        accepted, denied = 0, 0
        for sender, items in _by_sender(batch.items, senders):
            if isinstance(sender, Denied):
                denied += len(items)
                rejected += [_denied(item, sender) for item in items]
                self._count_denied(senders, sender, len(items))
                continue
            wait = self._services.rates.take(sender.project, sender.key, len(items), now)
            if wait > 0:
                self._services.count(sender.project.id, RATE, len(items))
                raise TooMany(
                    f"over the rate of the project: try again in {math.ceil(wait)} s",
                    retry_after=math.ceil(wait),
                )
            hit = self._hit(sender, batch, head, now)
            taken = intake.take(items, hit, self._steps, head.idempotency_key)
            drafts += taken.drafts
            accepted += taken.accepted
            rejected += [_rejected(refusal) for refusal in taken.rejected]
        if denied == len(batch.items):
            reason = rejected[0].reason
            raise NotAllowed(MESSAGES[Denied(reason)], authenticated=reason not in _NO_KEY)
        await self._services.commit.submit(drafts, asyncio.get_running_loop())
        self._accepted.inc(accepted)
        if not rejected:
            return 200, b'{"accepted":%d,"rejected":[]}' % accepted
        self._rejected.inc(len(rejected))
        rejected.sort(key=lambda one: one.index)
        answer = msgspec.json.encode({"accepted": accepted, "rejected": rejected})
        return (200 if accepted else 422), answer

    def _hit(self, sender: Sender, batch: Batch, head: Head, now: float) -> Hit:
        services = self._services
        hit = Hit(
            project=sender.project,
            received_at=round(now, 3),
            ip=head.ip(services.proxies),
            user_agent=head.user_agent,
            headers=head.signals,
            salt=services.directory.salt(now),
            locate=services.locate,
            sent_at=batch.sent_at,
        )
        recognise(hit)
        return hit

    def _count_denied(self, senders: Senders, why: Denied, events: int) -> None:
        project = senders.project
        if project is None:
            metrics.KEYLESS.inc(events)
        else:
            self._services.count(project, why, events)


_NO_KEY = {Denied.NO_KEY, Denied.UNKNOWN_KEY}


def _by_sender(items: list[Item], senders: Senders) -> list[tuple[Sender | Denied, list[Item]]]:
    first = items[0].tenant
    if all(item.tenant == first for item in items):
        return [(senders.of(first), items)]
    groups: dict[str, tuple[Sender | Denied, list[Item]]] = {}
    for item in items:
        sender = senders.of(item.tenant)
        name = sender.value if isinstance(sender, Denied) else sender.project.id
        groups.setdefault(name, (sender, []))[1].append(item)
    return list(groups.values())


def _denied(item: Item, why: Denied) -> Rejected:
    row = item.row
    event_id = row.event_id_text if isinstance(row, Refusal) else row.event_id
    return Rejected(item.position, event_id, why, "tenantId", MESSAGES[why])


def _rejected(refusal: Refusal) -> Rejected:
    return Rejected(
        refusal.position, refusal.event_id_text, refusal.reason, refusal.field, refusal.message
    )
