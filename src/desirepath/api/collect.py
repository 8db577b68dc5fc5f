"""The collecting routes: read, decide, make durable, answer. 2xx means it survives power loss.

Bare ASGI and msgspec: this is the one path whose speed decides how small a machine will do.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

import msgspec

from desirepath import intake
from desirepath.api import body, cors, errors, metrics
from desirepath.api.deadline import Deadlines
from desirepath.api.errors import MethodNotAllowed, TooSlow, UnsupportedMediaType
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

RATE = "rate"  # the reason under which events over a rate are counted

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_JSON: Headers = [(b"content-type", b"application/json")]
_UNKNOWN = {Denied.NO_KEY, Denied.UNKNOWN_KEY}  # 401 and not 403


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
        self._deadlines = Deadlines(services.settings.request_seconds)
        self._metrics = metrics.Route(path)

    @staticmethod
    def all(services: Services) -> list["Collector"]:
        """Every collecting route of this server."""
        return [Collector(services, "/v1/events", trackflow.read, trackflow.FORBIDS)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        begun = time.perf_counter()
        method = scope["method"]
        if method == "OPTIONS":
            await _send(send, 204, cors.PREFLIGHT, b"")
            self._metrics.answered(204, time.perf_counter() - begun)
            return
        head = Head.of(scope)
        headers = _JSON
        try:
            status, answer = await self._answer(method, head, receive)
        except DesirepathError as exc:
            status, answer = errors.status(exc), errors.body(exc)
            headers = _JSON + [(n.encode(), v.encode()) for n, v in errors.headers(exc).items()]
        except Exception as exc:  # noqa: BLE001  said in the log, and a sender must get an answer
            status, answer = 500, errors.unforeseen(exc)
        if head.origin is not None:
            headers = headers + cors.ANSWER
        await _send(send, status, headers, answer)
        self._metrics.answered(status, time.perf_counter() - begun)

    async def _answer(self, method: str, head: Head, receive: Receive) -> tuple[int, bytes]:
        if method != "POST":
            raise MethodNotAllowed(f"send events with POST, not {method[:20]}", allow=cors.METHODS)
        if not head.readable:
            raise UnsupportedMediaType(
                f"Content-Type {head.content_type[:100]!r}: send application/json, or text/plain",
                field="Content-Type",
            )
        sent = await self._receive(receive)
        now = time.time()
        services = self._services
        # Before anything is unpacked: a wrong key buys no work.
        senders = Senders(head.approach(services.on_loopback), services.directory, now)
        plain = body.inflate(sent, head.encoding, limits.BODY_BYTES)
        batch = self._read(plain, not head.idempotency_key)
        return await self._take(batch, senders, head, now)

    async def _receive(self, receive: Receive) -> bytes:
        task = self._deadlines.begin()
        try:
            return await body.read(receive, limits.BODY_BYTES)
        except asyncio.CancelledError:
            if self._deadlines.was_late(task):
                raise TooSlow(self._deadlines.seconds) from None
            raise
        finally:
            self._deadlines.end(task)

    async def _take(
        self, batch: Batch, senders: Senders, head: Head, now: float
    ) -> tuple[int, bytes]:
        known, denied = _by_sender(batch.items, senders)
        self._charge(known, now)
        rejected: list[Rejected] = []
        for why, items in denied:
            self._count_denied(senders, why, len(items))
            rejected += [_denied(item, why) for item in items]
        if not known:
            why = denied[0][0]
            raise NotAllowed(MESSAGES[why], authenticated=why not in _UNKNOWN)
        drafts: list[Draft] = []
        accepted = 0
        for sender, items in known:
            hit = self._hit(sender, batch, head, now)
            taken = intake.take(items, hit, self._steps, head.idempotency_key)
            drafts += taken.drafts
            accepted += taken.accepted
            rejected += [_rejected(refusal) for refusal in taken.rejected]
        await self._services.commit.submit(drafts, asyncio.get_running_loop())
        self._metrics.took(accepted, len(rejected))
        if not rejected:
            return 200, b'{"accepted":%d,"rejected":[]}' % accepted
        rejected.sort(key=lambda one: one.index)
        answer = msgspec.json.encode({"accepted": accepted, "rejected": rejected})
        return (200 if accepted else 422), answer

    def _charge(self, known: Sequence[tuple[Sender, list[Item]]], now: float) -> None:
        """Raise TooMany where a project or a key is over its rate; then no event is taken."""
        services = self._services
        for sender, items in known:
            wait = math.ceil(services.rates.take(sender.project, sender.key, len(items), now))
            if wait > 0:
                for refused, those in known:
                    services.count(refused.project.id, RATE, len(those))
                raise TooMany(
                    f"over the rate of the project or the key: try again in {wait} s",
                    retry_after=wait,
                )

    def _hit(self, sender: Sender, batch: Batch, head: Head, now: float) -> Hit:
        services = self._services
        hit = Hit(
            project=sender.project,
            received_at=round(now, 3),
            ip=services.client_ip(head.peer, head.forwarding),
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


async def _send(send: Send, status: int, headers: Headers, answer: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


def _by_sender(
    items: list[Item], senders: Senders
) -> tuple[list[tuple[Sender, list[Item]]], list[tuple[Denied, list[Item]]]]:
    """The events by who sent them, and those that nobody may have sent by why."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.tenant, []).append(item)
    known: list[tuple[Sender, list[Item]]] = []
    denied: list[tuple[Denied, list[Item]]] = []
    for tenant, those in groups.items():
        sender = senders.of(tenant)
        if isinstance(sender, Denied):
            denied.append((sender, those))
        else:
            known.append((sender, those))
    return known, denied


def _denied(item: Item, why: Denied) -> Rejected:
    row = item.row
    event_id = row.event_id_text if isinstance(row, Refusal) else row.event_id
    field = "Origin" if why is Denied.WRONG_ORIGIN else "tenantId"
    return Rejected(item.position, event_id, why, field, MESSAGES[why])


def _rejected(refusal: Refusal) -> Rejected:
    return Rejected(
        refusal.position, refusal.event_id_text, refusal.reason, refusal.field, refusal.message
    )
