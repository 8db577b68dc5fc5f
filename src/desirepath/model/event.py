"""The one event: what every format is turned into, what the log holds, what the store keeps.

Field names are the columns of the store's table `events`, and an encoded `Event` is a line that
the store takes as it is (JSONEachRow). A field left at its default is not written at all, so a
page view costs a dozen fields on the wire and on disk, not a hundred.

Times are Unix seconds with three decimals, UTC, because that is what `DateTime64(3)` reads
without a date parser. `expires_at` is a date: the row is gone when that day begins (UTC).

The identity (project, log_id, log_shard, log_offset) is not here: the loader writes it in front
of the line, so that a record can be moved without decoding it.
"""

from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct, json


class Surface(StrEnum):
    """Which specification an event came in by; keeps equal type names apart."""

    TRACKFLOW = "trackflow"
    CLICKS = "clicks"
    SEARCH = "search"
    INTERACTIONS = "interactions"
    CLICKSTREAM = "clickstream"
    UBI = "ubi"


ActorKind = Literal["user", "anonymous", "daily", "minted", ""]


class Event(Struct, kw_only=True, omit_defaults=True, gc=False):
    """One thing that somebody did. Mutable: the steps of `ingest` fill it in, in order."""

    # what and when
    surface: str
    type: str
    event_id: str  # a UUID, lower case, 36 characters
    event_id_text: str = ""  # what the client called it, where that was no UUID
    time: float
    received_at: float = 0.0
    time_original: float | None = None  # the client's own time, where it was changed
    time_clamped: bool = False  # True: time was outside [-1 year, +1 day] and is received_at
    expires_at: str = ""  # YYYY-MM-DD

    # who
    actor: str = ""  # user_id, else anonymous_id, else a daily pseudonym
    actor_kind: str = ""  # ActorKind
    user_id: str = ""
    anonymous_id: str = ""
    session_id: str = ""
    application: str = ""

    # where on the site
    page_url: str = ""
    host: str = ""
    path: str = ""
    title: str = ""
    section: str = ""
    referrer: str = ""
    referrer_host: str = ""
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    utm_term: str = ""
    utm_content: str = ""

    # device, as the client says
    device_type: str = ""
    os: str = ""
    browser: str = ""
    # device, as the User-Agent header says
    ua_device: str = ""
    ua_os: str = ""
    ua_os_version: str = ""
    ua_browser: str = ""
    ua_browser_version: str = ""
    language: str = ""

    # place
    ip: str = ""  # empty, a network, or an address: the project's choice
    country: str = ""  # ISO 3166-1 alpha-2
    region: str = ""
    city: str = ""

    # bots are flagged, explained and kept
    bot: bool = False
    bot_layer: str = ""
    bot_name: str = ""
    bot_purpose: str = ""
    bot_pattern: str = ""

    # clicks: where inside the element, and how long until the page answered
    element_key: str = ""
    element_type: str = ""
    element_tag: str = ""
    element_id: str = ""
    element_text: str = ""
    element_href: str = ""
    element_action: str = ""
    element_value: str = ""
    x: int | None = None  # page coordinates, CSS pixels
    y: int | None = None
    screen_x: int | None = None
    screen_y: int | None = None
    element_x: int | None = None  # inside the element, CSS pixels
    element_y: int | None = None
    rx: int | None = None  # inside the element, 0-65535
    ry: int | None = None
    viewport_w: int = 0
    viewport_h: int = 0
    document_w: int = 0
    document_h: int = 0
    scroll_x: int = 0
    scroll_y: int = 0
    fixed: bool = False
    scroll_container: str = ""
    layout_signature: str = ""
    first_response_ms: int | None = None
    response_kind: str = ""
    workflow_id: str = ""
    agent_id: str = ""
    previous_click: str = ""
    time_from_previous: float | None = None  # ms

    # search, posts, components: what was acted on
    object_id: str = ""  # product, post or document
    query: str = ""
    query_id: str = ""
    variant: str = ""
    rank: int | None = None  # 0-based
    results_count: int | None = None
    response_ms: float | None = None
    source: str = ""
    component: str = ""
    duration_ms: float | None = None
    scroll_depth: float | None = None  # 0-100

    # errors
    error_name: str = ""
    error_message: str = ""
    error_source: str = ""
    error_line: int | None = None
    error_col: int | None = None
    error_stack: str = ""
    error_group: str = ""  # hash of the normalised message and the top frame

    # performance, ms
    load_ms: float | None = None
    dom_content_loaded_ms: float | None = None

    # requests, from access logs
    http_method: str = ""
    http_status: int = 0

    properties: str = ""  # JSON text, exactly as accepted; '' stands for {}
    extra: dict[str, Any] = {}  # what no column holds, normalised: for queries only


class Refusal(Struct, kw_only=True, omit_defaults=True, gc=False):
    """One event that was not taken: kept for 7 days, scrubbed, so that it can be read back."""

    reason: str
    field: str = ""
    message: str = ""
    surface: str = ""
    event_id_text: str = ""
    position: int = 0  # in its batch
    received_at: float = 0.0
    expires_at: str = ""
    body: str = ""  # the event as sent, scrubbed and cut; '' where content is not kept


_encoder = json.Encoder()


def line(row: Event | Refusal) -> bytes:
    """The row as one line that the store takes: JSONEachRow, no line end."""
    return _encoder.encode(row)
