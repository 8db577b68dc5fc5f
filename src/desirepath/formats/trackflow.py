"""TrackFlow: `POST /v1/events` with `{"events": [...]}` of page_view, click, error, performance.

Any other `eventType` is a custom event. Both shapes of an error event are read: its parts in
`properties`, or beside them. Beyond the specification a body may carry `sentAt` (the client's
clock when it sent), and an event `anonymousId` and `language`.
"""

from typing import Any

import msgspec
from msgspec import Raw, Struct

from desirepath.errors import Malformed, TooLarge
from desirepath.formats import limits, properties
from desirepath.formats.base import Batch, Item, Reason
from desirepath.formats.clean import clean
from desirepath.formats.error_group import error_group
from desirepath.formats.properties import Column
from desirepath.formats.split import split
from desirepath.formats.times import seconds
from desirepath.model.event import Event, Refusal, Surface

NAME = Surface.TRACKFLOW
FORBIDS: frozenset[str] = frozenset()  # no ingest step


class _Device(Struct, gc=False):
    deviceType: str | None = None  # noqa: N815  the names on the wire
    os: str | None = None
    browser: str | None = None


class _Event(Struct, gc=False):
    eventId: str | None = None  # noqa: N815
    eventType: str | None = None  # noqa: N815
    timestamp: int | float | str | None = None
    tenantId: str | None = None  # noqa: N815
    sessionId: str | None = None  # noqa: N815
    userId: str | None = None  # noqa: N815
    anonymousId: str | None = None  # noqa: N815
    pageUrl: str | None = None  # noqa: N815
    referrer: str | None = None
    language: str | None = None
    deviceInfo: _Device | None = None  # noqa: N815
    properties: Raw = Raw(b"{}")
    # The second shape of an error event.
    name: str | None = None
    message: str | None = None
    stack: str | None = None
    source: str | None = None
    line: int | None = None
    col: int | None = None


class _Envelope(Struct):
    events: list[_Event]
    sentAt: int | float | str | None = None  # noqa: N815


_decode_body = msgspec.json.Decoder(_Envelope).decode
_decode_event = msgspec.json.Decoder(_Event).decode

_REQUIRED = ("eventId", "eventType", "timestamp", "sessionId", "pageUrl")
_TEXTS = (*_REQUIRED, "tenantId", "userId", "anonymousId", "referrer", "language")
_ERROR_PARTS = ("name", "message", "stack", "source", "line", "col")

_PAGE = {
    "title": Column("title", str),
    "section": Column("section", str),
    "viewportW": Column("viewport_w", int),
    "viewportH": Column("viewport_h", int),
    "documentW": Column("document_w", int),
    "documentH": Column("document_h", int),
}
_SIGNED = -(2**31)
_COLUMNS: dict[str, dict[str, Column]] = {
    "page_view": _PAGE,
    "click": _PAGE
    | {
        "tag": Column("element_tag", str),
        "id": Column("element_id", str),
        "elementKey": Column("element_key", str),
        "type": Column("element_type", str),
        "text": Column("element_text", str),
        "href": Column("element_href", str),
        "action": Column("element_action", str),
        "value": Column("element_value", str),
        "x": Column("x", int, _SIGNED),
        "y": Column("y", int, _SIGNED),
        "screenX": Column("screen_x", int, _SIGNED),
        "screenY": Column("screen_y", int, _SIGNED),
        "elementX": Column("element_x", int, _SIGNED),
        "elementY": Column("element_y", int, _SIGNED),
        "rx": Column("rx", int, 0, 65535),
        "ry": Column("ry", int, 0, 65535),
        "scrollX": Column("scroll_x", int),
        "scrollY": Column("scroll_y", int),
        "fixed": Column("fixed", bool),
        "scrollContainer": Column("scroll_container", str),
        "layoutSignature": Column("layout_signature", str),
        "firstResponseMs": Column("first_response_ms", int),
        "responseKind": Column("response_kind", str),
        "workflowId": Column("workflow_id", str),
        "agentId": Column("agent_id", str),
        "previousClick": Column("previous_click", str),
        "timeFromPrevious": Column("time_from_previous", float, 0, 1e15),
    },
    "error": {
        "name": Column("error_name", str),
        "message": Column("error_message", str),
        "source": Column("error_source", str),
        "line": Column("error_line", int, 0, 2**53),
        "col": Column("error_col", int, 0, 2**53),
        "stack": Column("error_stack", str),
    },
    "performance": {
        "loadTime": Column("load_ms", float, 0, 1e12),
        "domContentLoaded": Column("dom_content_loaded_ms", float, 0, 1e12),
    },
}
_NO_COLUMNS: dict[str, Column] = {}


class _Unfit(Exception):
    def __init__(self, reason: Reason, field: str, message: str) -> None:
        super().__init__(message)
        self.reason, self.field = reason, field


def read(body: bytes) -> Batch:
    """Read one body. Raises Malformed or TooLarge where the whole of it cannot be taken."""
    body = clean(body)
    try:
        envelope = _decode_body(body)
    except (msgspec.DecodeError, RecursionError):
        return _read_one_by_one(body)
    count = len(envelope.events)
    _check_count(count)
    sent_at = _sent_at(envelope.sentAt)
    small = len(body) <= limits.STRING_LENGTH  # then no text in it can be over the limit
    items = []
    for at, wire in enumerate(envelope.events):
        try:
            items.append(Item(_event(wire, small), wire.tenantId or "", b"", at))
        except _Unfit:
            return _read_one_by_one(body)
    return Batch(items, sent_at)


def read_one(raw: bytes, position: int = 0) -> Item:
    """Read one event by itself: an Event, or the Refusal that says why not."""
    wire = None
    try:
        wire = _decode_event(raw)
        event = _event(wire, len(raw) <= limits.STRING_LENGTH)
        return Item(event, wire.tenantId or "", b"", position)
    except _Unfit as exc:
        reason, field, message = exc.reason, exc.field, str(exc)
    except msgspec.ValidationError as exc:
        text = str(exc)
        reason, message = Reason.INVALID_TYPE, text
        field = text.rpartition("`$.")[2].rstrip("`") if "`$." in text else ""
    except (msgspec.DecodeError, RecursionError) as exc:
        reason, field, message = Reason.MALFORMED, "", str(exc)
    refusal = Refusal(
        reason=reason,
        field=field,
        message=message,
        surface=NAME,
        event_id_text=((wire and wire.eventId) or "")[: limits.KEY_LENGTH],
        position=position,
    )
    return Item(refusal, (wire and wire.tenantId) or "", raw, position)


def _read_one_by_one(body: bytes) -> Batch:
    cut = split(body, b"events")
    _check_count(len(cut.elements))
    try:
        sent_at = _sent_at(_decode_body(cut.envelope).sentAt)
    except msgspec.ValidationError as exc:
        raise Malformed(f'the body is not of the form {{"events": [...]}}: {exc}') from exc
    except msgspec.DecodeError as exc:
        raise Malformed(f"the body is not JSON: {exc}") from exc
    return Batch([read_one(raw, at) for at, raw in enumerate(cut.elements)], sent_at)


def _check_count(count: int) -> None:
    if count > limits.EVENTS:
        raise TooLarge(
            f"{count} events in one body; at most {limits.EVENTS}: send them in several requests",
            field="events",
        )
    if count == 0:
        raise Malformed("there is no event in the body", field="events")


def _sent_at(value: float | str | None) -> float | None:
    if value is None:
        return None
    try:
        return seconds(value)
    except ValueError:
        return None  # a clock that says nothing useful corrects nothing


def _event(wire: _Event, small: bool) -> Event:
    if not (wire.eventId and wire.eventType and wire.sessionId and wire.pageUrl) or (
        wire.timestamp is None
    ):
        missing = next(name for name in _REQUIRED if getattr(wire, name) in (None, ""))
        raise _Unfit(Reason.MISSING_FIELD, missing, f"{missing} is required")
    if not small:
        _check_texts(wire)
    try:
        time = seconds(wire.timestamp)
    except ValueError as exc:
        raise _Unfit(
            Reason.INVALID_VALUE,
            "timestamp",
            f"timestamp is Unix milliseconds or ISO 8601: {exc}",
        ) from exc
    kind = wire.eventType
    raw = bytes(wire.properties)
    try:
        found = properties.read(raw)
    except msgspec.DecodeError as exc:
        raise _Unfit(Reason.MALFORMED, "properties", str(exc)) from exc
    except (ValueError, RecursionError) as exc:
        wrong = Reason.TOO_LARGE if "must be" not in str(exc) else Reason.INVALID_TYPE
        raise _Unfit(wrong, "properties", str(exc)) from exc
    device = wire.deviceInfo or _NO_DEVICE
    event = Event(
        surface="trackflow",
        type=kind,
        event_id=wire.eventId,
        time=time,
        session_id=wire.sessionId,
        user_id=wire.userId or "",
        anonymous_id=wire.anonymousId or "",
        page_url=wire.pageUrl,
        referrer=wire.referrer or "",
        language=wire.language or "",
        device_type=device.deviceType or "",
        os=device.os or "",
        browser=device.browser or "",
        properties="" if raw == b"{}" else raw.decode(),
    )
    if kind == "error":
        _second_shape(wire, found)
    if found:
        event.extra = properties.promote(event, found, _COLUMNS.get(kind, _NO_COLUMNS))
    if kind == "error":
        _finish_error(event)
    return event


_NO_DEVICE = _Device()


def _check_texts(wire: _Event) -> None:
    for name in _TEXTS:
        text = getattr(wire, name)
        if isinstance(text, str) and len(text) > limits.STRING_LENGTH:
            raise _Unfit(
                Reason.TOO_LARGE, name, f"{name} is longer than {limits.STRING_LENGTH} characters"
            )


def _second_shape(wire: _Event, found: dict[str, Any]) -> None:
    for part in _ERROR_PARTS:
        value = getattr(wire, part)
        if value is not None:
            found.setdefault(part, value)


def _finish_error(event: Event) -> None:
    event.error_stack = event.error_stack[: limits.STACK_LENGTH]
    event.error_group = error_group(
        event.error_name,
        event.error_message,
        event.error_stack,
        event.error_source,
        event.error_line,
        event.error_col,
    )
