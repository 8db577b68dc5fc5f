"""From what a format read to drafts for the log: the one path for requests, imports and the demo.

It is here, and not in a room, because it is the only place that knows ingest and the log both.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter
from time import gmtime
from typing import NamedTuple

import msgspec
from msgspec import Raw

from desirepath.formats import limits
from desirepath.formats.base import Item
from desirepath.ingest.base import Dropped, Hit
from desirepath.ingest.text import scrub_text
from desirepath.log.base import Draft, Kind
from desirepath.model import ids
from desirepath.model.event import Event, Refusal, line

REFUSED_DAYS = 7  # that a refused event can be read back
REFUSED_BYTES = 8 * 1024  # kept of it
REFUSED_BYTES_TOGETHER = 128 * 1024  # looked at in one request; behind it no content is kept
_CUT_SECRET = 1024  # bytes; of a longer one the beginning is a secret too, and masked

Step = Callable[[Event, Hit], Dropped | None]

# Columns that ingest scrubs and the properties they came from, by the type of the event.
_SCRUBBED = {
    "page_view": {"title": "title"},
    "click": {
        "title": "title",
        "element_text": "text",
        "element_href": "href",
        "element_value": "value",
    },
    "error": {"error_message": "message", "error_source": "source", "error_stack": "stack"},
}
_TEXTS_OF = {type_: attrgetter(*columns) for type_, columns in _SCRUBBED.items()}
_NO_TEXTS = attrgetter("type")  # of other types nothing is scrubbed
# Looking a member of an enum up costs as much as a step of ingest.
_EVENT, _REFUSED, _COUNTED = Kind.EVENT, Kind.REFUSED, Kind.COUNTED

_decode_members = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder().encode


class Taken(NamedTuple):
    """What became of one hit's events."""

    drafts: list[Draft]
    accepted: int
    rejected: list[Refusal]


def take(
    items: Sequence[Item], hit: Hit, steps: Sequence[Step], idempotency_key: str = ""
) -> Taken:
    """Run every item through `steps`; each becomes a draft, or is counted and dropped.

    An event without an id is named after `idempotency_key` and its position, or gets a random id,
    and may then not be recognised when it comes again.
    """
    if hit.refused is not None:
        return _take_none(items, hit, hit.refused)
    drafts: list[Draft] = []
    rejected: list[Refusal] = []
    dropped: Counter[str] = Counter()
    project, room = hit.project.id, REFUSED_BYTES_TOGETHER
    if len(idempotency_key) > limits.KEY_LENGTH:
        # It came once and is kept with every event.
        idempotency_key = ids.named(project, idempotency_key)
    for row, _, raw, position in items:
        if isinstance(row, Refusal):
            room -= min(len(raw), REFUSED_BYTES)
            _keep(row, raw if room >= 0 else b"", hit)
            drafts.append(of_refusal(project, row))
            rejected.append(row)
            continue
        known = True
        if row.event_id:
            if not ids.is_canonical(row.event_id):
                row.event_id, row.event_id_text = ids.canonical(project, row.event_id)
        elif idempotency_key:
            row.event_id_text = f"{idempotency_key}/{position}"
            row.event_id = ids.named(project, row.event_id_text)
        else:
            row.event_id, known = ids.mint(), False
        texts_of = _TEXTS_OF.get(row.type, _NO_TEXTS)
        before = texts_of(row)
        for step in steps:
            reason = step(row, hit)
            if reason is not None:
                dropped[reason] += 1
                event_id = row.event_id_text or row.event_id
                rejected.append(Refusal(reason=reason, position=position, event_id_text=event_id))
                break
        else:
            if before != texts_of(row):
                row.properties = _rewritten(row)
            drafts.append(of_event(project, row, known))
    drafts += [of_count(project, reason, n, hit.received_at) for reason, n in dropped.items()]
    return Taken(drafts, len(items) - len(rejected), rejected)


def _take_none(items: Sequence[Item], hit: Hit, why: Dropped) -> Taken:
    """Of a hit that said no, not even what its format refused is looked at or kept."""
    rejected = []
    for row, _, _, position in items:
        event_id = row.event_id if isinstance(row, Event) else row.event_id_text
        rejected.append(Refusal(reason=why, position=position, event_id_text=event_id))
    return Taken([of_count(hit.project.id, why, len(items), hit.received_at)], 0, rejected)


def _rewritten(event: Event) -> str:
    """The properties of `event`, with the texts as its columns have them."""
    found = _decode_members(event.properties)
    for column, name in _SCRUBBED[event.type].items():
        if name in found and bytes(found[name]).startswith(b'"'):  # else the column is not its own
            found[name] = Raw(_encode(getattr(event, column)))
    return _encode(found).decode()


def _keep(refusal: Refusal, raw: bytes, hit: Hit) -> None:
    refusal.received_at = hit.received_at
    refusal.expires_at = _date(int(hit.received_at // 86_400) + REFUSED_DAYS + 1)
    refusal.body = _scrubbed_body(raw)
    refusal.message = scrub_text(refusal.message[:1000])


def _scrubbed_body(raw: bytes) -> str:
    text = raw[:REFUSED_BYTES].decode(errors="replace").replace("\x00", "\ufffd")
    scrubbed = scrub_text(text).encode()
    if len(raw) > REFUSED_BYTES:
        # A secret that was cut in two is not seen as one: its half is left out.
        scrubbed = scrubbed[:-_CUT_SECRET]
    return scrubbed[:REFUSED_BYTES].decode(errors="ignore")


def of_event(project: str, event: Event, known: bool) -> Draft:
    """`known`: the client chose the id, so the same event may come again."""
    return Draft(
        project,
        _EVENT,
        event.event_id,
        known,
        _month(event.time // 86_400),
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
        _REFUSED,
        refusal.reason,
        False,
        _month(refusal.received_at // 86_400),
        _number(refusal.expires_at),
        int(refusal.received_at // 60),
        1,
        "",
        line(refusal),
    )


def of_count(project: str, reason: str, events: int, received_at: float) -> Draft:
    """Events refused without content (consent, key, rate): only how many."""
    minute = int(received_at // 60)
    return Draft(project, _COUNTED, reason, False, 0, 0, minute, events, "", b"")


@lru_cache(maxsize=1024)
def _month(day: float) -> int:
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
