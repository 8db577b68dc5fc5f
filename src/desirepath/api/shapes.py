"""What bodies look like from outside, where no other Struct says it: for the OpenAPI document.

What a sender may leave out has a default. A collecting route reads more forgivingly than this and
refuses event by event; this is what it asks for.
"""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from desirepath.api import collect, rejected
from desirepath.model.project import Key, Project

_Time = Annotated[int | str, Meta(description="Unix milliseconds, or ISO 8601.")]


class TrackFlowDevice(Struct):
    """What the client says of itself."""

    deviceType: str | None = None  # noqa: N815  the names on the wire
    os: str | None = None
    browser: str | None = None


class TrackFlowEvent(Struct, kw_only=True):
    """One event. Any `eventType` is taken; page_view, click, error, performance have columns."""

    eventId: Annotated[str, Meta(description="The same id counts once for 7 days.")]  # noqa: N815
    eventType: str  # noqa: N815
    timestamp: _Time
    sessionId: str  # noqa: N815
    pageUrl: str  # noqa: N815
    tenantId: Annotated[str | None, Meta(description="A write key, or the project.")] = None  # noqa: N815
    userId: str | None = None  # noqa: N815
    anonymousId: str | None = None  # noqa: N815
    referrer: str | None = None
    language: str | None = None
    deviceInfo: TrackFlowDevice | None = None  # noqa: N815
    properties: dict[str, Any] = {}
    name: Annotated[str | None, Meta(description="Of an error, as are the next five.")] = None
    message: str | None = None
    stack: str | None = None
    source: str | None = None
    line: int | None = None
    col: int | None = None


class TrackFlowBody(Struct, kw_only=True):
    """`POST /v1/events`."""

    events: Annotated[list[TrackFlowEvent], Meta(min_length=1, max_length=500)]
    sentAt: _Time | None = None  # noqa: N815


class Taken(Struct):
    """What became of the events of one request. 200: at least one was taken; 422: none."""

    accepted: int
    rejected: list[collect.Rejected]


class Problem(Struct):
    """One error: docs/errors.md says what each code means."""

    code: str
    message: str
    field: str | None
    docs: str


class Failure(Struct):
    """The body of every error."""

    error: Problem


class Health(Struct):
    """This process lives."""

    status: str


class Readiness(Struct):
    """`checks`: `ok`, or in a few words what is wrong, by `log`, `control` and `store`."""

    ready: bool
    checks: dict[str, str]


class ReportName(Struct):
    """A report that can be asked."""

    name: str
    title: str


class ReportNames(Struct):
    """Every report."""

    data: list[ReportName]


class Projects(Struct):
    """Every project."""

    data: list[Project]


class Keys(Struct):
    """Every key of a project, without its secret."""

    data: list[Key]


class RejectedMeta(Struct):
    """`waiting`: records that are not in the store yet."""

    waiting: int
    since: datetime


class RejectedEvents(Struct):
    """Events that were not taken, newest first."""

    data: list[rejected.Rejected]
    meta: RejectedMeta
