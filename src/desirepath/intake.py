"""From what a format read to drafts for the log: the one path for requests, imports and the demo.

It is here, and not in a room, because it is the only place that knows ingest and the log both.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from time import gmtime
from typing import NamedTuple

import msgspec

from desirepath.formats.base import Item
from desirepath.ingest.base import Dropped, Hit
from desirepath.ingest.text import scrub_text
from desirepath.log.base import Draft, Kind
from desirepath.model import ids
from desirepath.model.event import Event, Refusal, line

REFUSED_DAYS = 7  # that a refused event can be read back
REFUSED_LENGTH = 8 * 1024  # characters kept of it

Step = Callable[[Event, Hit], Dropped | None]

# Texts that ingest scrubs, and the property they came from: a secret that was masked in the
# column must not stay in `properties`.
_SCRUBBED = (("title", "title"), ("element_text", "text"), ("element_href", "href"))


class Taken(NamedTuple):
    """What became of one hit's events."""

    drafts: list[Draft]
    accepted: int
    rejected: list[Refusal]


def take(
    items: Sequence[Item], hit: Hit, steps: Sequence[Step], idempotency_key: str = ""
) -> Taken:
    """Run every item through `steps`; each becomes a draft, or is counted and dropped."""
    drafts: list[Draft] = []
    rejected: list[Refusal] = []
    project, dropped = hit.project.id, 0
    for item in items:
        row, position = item.row, item.position
        if isinstance(row, Refusal):
            _keep(row, item.raw, hit)
            drafts.append(of_refusal(project, row))
            rejected.append(row)
            continue
        row.received_at = hit.received_at
        known = _identify(row, project, idempotency_key, position)
        before = (row.title, row.element_text, row.element_href)
        for step in steps:
            reason = step(row, hit)
            if reason is not None:
                break
        else:
            if before != (row.title, row.element_text, row.element_href):
                _scrub_properties(row)
            drafts.append(of_event(project, row, known))
            continue
        dropped += 1
        rejected.append(Refusal(reason=reason, position=position, event_id_text=row.event_id_text))
    if dropped:
        drafts.append(of_count(project, Dropped.CONSENT, dropped, hit.received_at))
    return Taken(drafts, len(items) - len(rejected), rejected)


def _identify(event: Event, project: str, idempotency_key: str, position: int) -> bool:
    if event.event_id:
        event.event_id, event.event_id_text = ids.canonical(project, event.event_id)
    elif idempotency_key:
        event.event_id_text = f"{idempotency_key}/{position}"
        event.event_id = ids.named(project, event.event_id_text)
    else:
        event.event_id = ids.mint()
        return False
    return True


def _scrub_properties(event: Event) -> None:
    if not event.properties:
        return
    found = msgspec.json.decode(event.properties)
    for column, name in _SCRUBBED:
        if name in found:
            found[name] = getattr(event, column)
    event.properties = msgspec.json.encode(found).decode()


def _keep(refusal: Refusal, raw: bytes, hit: Hit) -> None:
    refusal.received_at = hit.received_at
    refusal.expires_at = _date(int(hit.received_at // 86_400) + REFUSED_DAYS + 1)
    text = raw.decode(errors="replace").replace("\x00", "\ufffd")
    refusal.body = scrub_text(text[:REFUSED_LENGTH])
    refusal.message = scrub_text(refusal.message[:1000])


def of_event(project: str, event: Event, known: bool) -> Draft:
    """`known`: the client chose the id, so the same event may come again."""
    return Draft(
        project,
        Kind.EVENT,
        event.event_id,
        known,
        _month(int(event.time // 86_400)),
        _number(event.expires_at),
        int(event.received_at // 60),
        1,
        event.actor,
        line(event),
    )


def of_refusal(project: str, refusal: Refusal) -> Draft:
    """An event that was not taken, to be read back."""
    return Draft(
        project,
        Kind.REFUSED,
        refusal.reason,
        False,
        _month(int(refusal.received_at // 86_400)),
        _number(refusal.expires_at),
        int(refusal.received_at // 60),
        1,
        "",
        line(refusal),
    )


def of_count(project: str, reason: str, events: int, received_at: float) -> Draft:
    """Events refused without content (consent, key, rate): only how many."""
    minute = int(received_at // 60)
    return Draft(project, Kind.COUNTED, reason, False, 0, 0, minute, events, "", b"")


@lru_cache(maxsize=1024)
def _month(day: int) -> int:
    # yyyymm of the `day`-th day since 1970: the store's partition
    found = gmtime(day * 86_400)
    return found.tm_year * 100 + found.tm_mon


@lru_cache(maxsize=1024)
def _number(date: str) -> int:
    return int(date.replace("-", "")) if date else 0


@lru_cache(maxsize=64)
def _date(day: int) -> str:
    found = gmtime(day * 86_400)
    return f"{found.tm_year}-{found.tm_mon:02}-{found.tm_mday:02}"
