"""One TrackFlow event as it stands in the JSON, and the Event that it becomes."""

from typing import Annotated, Any

from msgspec import Meta, Raw, Struct

from desirepath.formats import limits, properties
from desirepath.formats.base import Reason, Unfit
from desirepath.formats.error_group import error_group
from desirepath.formats.properties import STACK, Column
from desirepath.formats.times import seconds
from desirepath.formats.trackflow_columns import COLUMNS
from desirepath.model.event import Event

Text = Annotated[str, Meta(max_length=limits.STRING_LENGTH)]


class WireDevice(Struct, gc=False):
    """`deviceInfo`."""

    deviceType: Text | None = None  # noqa: N815  the names on the wire
    os: Text | None = None
    browser: Text | None = None


class WireEvent(Struct, gc=False):
    """All that is read of an event. Absent and null are the same."""

    eventId: Text | None = None  # noqa: N815
    eventType: Text | None = None  # noqa: N815
    timestamp: Any = None
    tenantId: Text | None = None  # noqa: N815
    sessionId: Text | None = None  # noqa: N815
    userId: Text | None = None  # noqa: N815
    anonymousId: Text | None = None  # noqa: N815
    pageUrl: Text | None = None  # noqa: N815
    referrer: Text | None = None
    language: Text | None = None
    deviceInfo: WireDevice | None = None  # noqa: N815
    properties: Raw = Raw(b"{}")
    # The second shape of an error event. Of any type, because other events may call theirs so.
    name: Any = None
    message: Any = None
    stack: Any = None
    source: Any = None
    line: Any = None
    col: Any = None


_REQUIRED = ("eventId", "eventType", "timestamp", "sessionId", "pageUrl")
_ERROR_PARTS = ("name", "message", "stack", "source", "line", "col")
_NO_DEVICE = WireDevice()
_NO_COLUMNS: dict[str, Column] = {}


def event_of(wire: WireEvent, id_needed: bool) -> Event:
    """The Event, or Unfit. Its id is '' where it has none and none is needed."""
    kind, event_id, timestamp = wire.eventType, wire.eventId, wire.timestamp
    session_id, page_url = wire.sessionId, wire.pageUrl
    if not (kind and session_id and page_url) or timestamp is None or (not event_id and id_needed):
        raise _missing(wire, id_needed)
    try:
        time = seconds(timestamp)
    except (ValueError, TypeError) as exc:
        raise _no_time(wire, id_needed, type(exc)) from None
    found, text = properties.read(str(wire.properties, "utf-8"))
    device = wire.deviceInfo or _NO_DEVICE
    event = Event(
        surface="trackflow",
        type=kind,
        event_id=event_id or "",
        time=time,
        session_id=session_id,
        user_id=wire.userId or "",
        anonymous_id=wire.anonymousId or "",
        page_url=page_url,
        referrer=wire.referrer or "",
        language=wire.language or "",
        device_type=device.deviceType or "",
        os=device.os or "",
        browser=device.browser or "",
        properties="" if text == "{}" else text,
    )
    if kind == "error":
        _add_second_shape(wire, found)
    if found:
        event.extra = properties.promote(event, found, COLUMNS.get(kind, _NO_COLUMNS))
    if kind == "error":
        event.error_group = error_group(
            event.error_name,
            event.error_message,
            event.error_stack,
            event.error_source,
            event.error_line,
            event.error_col,
        )
    return event


def _missing(wire: WireEvent, id_needed: bool) -> Unfit:
    needed = _REQUIRED if id_needed else _REQUIRED[1:]
    name = next(name for name in needed if getattr(wire, name) in (None, ""))
    return Unfit(Reason.MISSING_FIELD, name, f"{name} is required")


def _no_time(wire: WireEvent, id_needed: bool, why: type[Exception]) -> Unfit:
    if wire.timestamp == "":
        return _missing(wire, id_needed)
    return Unfit(
        Reason.INVALID_VALUE if why is ValueError else Reason.INVALID_TYPE,
        "timestamp",
        "timestamp is Unix milliseconds or ISO 8601, from 1970 to 2100",
    )


def _add_second_shape(wire: WireEvent, found: dict[str, Any]) -> None:
    """Add the parts of an error that stand beside `properties`, where those do not have them."""
    for part in _ERROR_PARTS:
        value = getattr(wire, part)
        if type(value) is str:
            if part == STACK:
                value = value[: limits.STACK_LENGTH]
            elif len(value) > limits.STRING_LENGTH:
                raise Unfit(
                    Reason.TOO_LARGE,
                    part,
                    f"{part} is longer than {limits.STRING_LENGTH} characters",
                )
        elif type(value) not in (int, float):
            continue
        if found.get(part) is None:
            found[part] = value
