"""TrackFlow: `POST /v1/events` with `{"events": [...]}` of page_view, click, error, performance.

Any other `eventType` is a custom event. Both shapes of an error event are read: its parts in
`properties`, or beside them. Beyond the specification a body may carry `sentAt` (the client's
clock when it sent), and an event `anonymousId` and `language`. Other fields are ignored.
docs/formats/trackflow.md says all of it.
"""

import re
from typing import Any

import msgspec
from msgspec import Raw, Struct

from desirepath.errors import Malformed, TooLarge
from desirepath.formats import limits
from desirepath.formats.base import Batch, Item, Reason, Unfit
from desirepath.formats.clean import clean
from desirepath.formats.numbers import fraction
from desirepath.formats.split import split
from desirepath.formats.times import seconds
from desirepath.formats.trackflow_event import WireEvent, event_of
from desirepath.model.event import Refusal, Surface

NAME = Surface.TRACKFLOW
FORBIDS: frozenset[str] = frozenset()  # no ingest step


class _Body(Struct):
    events: list[WireEvent]
    sentAt: Any = None  # noqa: N815


class _Rest(Struct):
    sentAt: Any = None  # noqa: N815


_decode_body = msgspec.json.Decoder(_Body, float_hook=fraction).decode
_decode_rest = msgspec.json.Decoder(_Rest, float_hook=fraction).decode
_decode_event = msgspec.json.Decoder(WireEvent, float_hook=fraction).decode
_decode_any = msgspec.json.Decoder(float_hook=fraction).decode
_decode_members = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_text = msgspec.json.Decoder(str).decode
_encode = msgspec.json.Encoder().encode

_NAMED = rb'"%s"[ \t\r\n]*:[ \t\r\n]*("[^"\\]*+(?:\\.[^"\\]*+)*+")'


def read(body: bytes, id_needed: bool = True) -> Batch:
    """Read one body. Raises Malformed or TooLarge where the whole of it cannot be taken.

    `id_needed=False`: the request has a name (`Idempotency-Key`), so its events need none; an
    event without one then has the id ''.
    """
    body = clean(body)
    if len(body) > limits.LISTS and _lists(body) > limits.LISTS:
        return _read_one_by_one(body, id_needed)
    try:
        found = _decode_body(body)
        _check_count(len(found.events))
        items = [
            Item(event_of(wire, id_needed), wire.tenantId or "", b"", at)
            for at, wire in enumerate(found.events)
        ]
    except (msgspec.DecodeError, RecursionError, Unfit):
        return _read_one_by_one(body, id_needed)
    return Batch(items, _sent_at(found.sentAt))


def read_one(raw: bytes, position: int = 0, id_needed: bool = True) -> Item:
    """Read one event by itself: an Event, or the Refusal that says why not. `raw` is clean."""
    wire: WireEvent | None = None
    try:
        wire = _decode(raw)
        return Item(event_of(wire, id_needed), wire.tenantId or "", b"", position)
    except Unfit as exc:
        why = exc
    except msgspec.ValidationError as exc:
        why = _unfit(str(exc))
    except msgspec.DecodeError as exc:
        why = Unfit(Reason.MALFORMED, "", str(exc))
    except RecursionError:
        why = Unfit(Reason.TOO_LARGE, "", f"nested deeper than {limits.DEPTH} levels")
    return _refused(raw, position, why, wire)


def _refused(raw: bytes, position: int, why: Unfit, wire: WireEvent | None = None) -> Item:
    event_id = wire.eventId if wire is not None else _find(raw, "eventId")
    tenant = wire.tenantId if wire is not None else _find(raw, "tenantId")
    refusal = Refusal(
        reason=why.reason,
        field=why.field,
        message=why.message,
        surface=NAME,
        event_id_text=(event_id or "")[: limits.KEY_LENGTH],
        position=position,
    )
    return Item(refusal, tenant or "", raw, position)


def _read_one_by_one(body: bytes, id_needed: bool) -> Batch:
    elements, rest = split(body, "events", limits.EVENTS)
    _check_count(len(elements))
    try:
        sent_at = _sent_at(_decode_rest(rest).sentAt)
    except (msgspec.DecodeError, RecursionError) as exc:
        raise Malformed(f"the body is not JSON, beside its events: {exc}") from exc
    items: list[Item] = []
    left = limits.LISTS
    for at, raw in enumerate(elements):
        lists = _lists(raw)
        if lists > left:
            items.append(_refused(raw, at, _too_many_lists()))
        else:
            left -= lists
            items.append(read_one(raw, at, id_needed))
    # A refused event that does not say whose it is belongs to whom all the others belong.
    tenants = {item.tenant for item in items if item.tenant}
    if len(tenants) == 1:
        (tenant,) = tenants
        items = [
            item._replace(tenant=tenant) if isinstance(item.row, Refusal) else item
            for item in items
        ]
    return Batch(items, sent_at)


def _lists(text: bytes) -> int:
    # Those that stand in texts too: to tell them apart costs as much as to read them.
    return text.count(b"[") + text.count(b"{")


def _too_many_lists() -> Unfit:
    return Unfit(
        Reason.TOO_LARGE, "", f"more than {limits.LISTS} lists and objects in one body, up to here"
    )


def _check_count(count: int) -> None:
    if count > limits.EVENTS:
        raise TooLarge(
            f"more than {limits.EVENTS} events in one body: send them in several requests",
            field="events",
        )
    if count == 0:
        raise Malformed("there is no event in the body", field="events")


def _sent_at(value: object) -> float | None:
    try:
        return seconds(value)
    except (ValueError, TypeError):
        return None  # a clock that says nothing useful corrects nothing


def _decode(raw: bytes) -> WireEvent:
    try:
        return _decode_event(raw)
    except msgspec.ValidationError:
        # The parser looks at the types of all equal keys, and only the last of them counts.
        members = _decode_members(raw)
        if "deviceInfo" in members:
            members["deviceInfo"] = Raw(_encode(_decode_any(members["deviceInfo"])))
        return _decode_event(_encode(members))


def _unfit(message: str) -> Unfit:
    """What the parser says of a value: its type, its length, or that no machine can hold it."""
    field = message.rpartition("`$.")[2].rstrip("`") if "`$." in message else ""
    if "of length <=" in message:
        return Unfit(
            Reason.TOO_LARGE, field, f"{field} is longer than {limits.STRING_LENGTH} characters"
        )
    reason = Reason.MALFORMED if "out of range" in message else Reason.INVALID_TYPE
    return Unfit(reason, field, message)


def _find(raw: bytes, name: str) -> str:
    """The text under `name` in an event that cannot be read whole."""
    try:
        return _decode_text(_decode_members(raw).get(name, b'""'))
    except (msgspec.DecodeError, RecursionError):
        found = re.search(_NAMED % name.encode(), raw)
    try:
        return _decode_text(found[1]) if found else ""
    except msgspec.DecodeError:
        return ""
