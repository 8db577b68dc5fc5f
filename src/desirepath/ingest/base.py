"""What a step gets: the event, and the hit that it came with."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct

from desirepath.model.event import Event
from desirepath.model.project import Project


class Dropped(StrEnum):
    """Why an event was not taken by a step. Counted, so "where are my events?" has an answer."""

    CONSENT = "consent"  # the browser signal (GPC, DNT) or the person said no


class Agent(Struct, frozen=True):
    """What a User-Agent header says. Empty strings where it says nothing."""

    device: str = ""  # desktop, mobile, tablet, tv, console, wearable, ''
    os: str = ""
    os_version: str = ""
    browser: str = ""
    browser_version: str = ""


class Bot(Struct, frozen=True):
    """Why a hit is taken for a machine; docs/ingest.md says how it is decided."""

    layer: str  # ua_pattern, header_heuristics
    name: str
    purpose: str  # ai_training, ai_search, ai_agent, search, social_preview, seo, monitoring,
    # security, scripted, headless, other
    pattern: str  # what matched


class Place(Struct, frozen=True):
    """Where an address is, as the database says."""

    country: str = ""
    region: str = ""
    city: str = ""


NOWHERE = Place()
UNKNOWN = Agent()


class Hit(Struct, kw_only=True):
    """One request (or one line of an access log): what is known besides the events themselves.

    The derived part is worked out once per hit, not per event.
    """

    project: Project
    received_at: float  # Unix seconds
    sent_at: float | None = None  # when the client says it sent the request, by its own clock
    ip: str = ""
    user_agent: str = ""
    headers: Mapping[str, str] = {}  # lower-case names; `ingest.HEADERS` are the ones looked at
    salt: bytes = b""  # of the day, for the pseudonym
    live: bool = True  # False: an import; its times are kept as they are
    locate: Callable[[str], Place] | None = None

    # derived by `ingest.recognise`
    agent: Agent = UNKNOWN
    bot: Bot | None = None
    place: Place = NOWHERE
    pseudonym: str = ""  # HMAC(salt, project, ip, user agent); '' without salt or without both
    stored_ip: str = ""
    refused: Dropped | None = None  # the whole hit is refused


#: Changes the event in place; says why, where it must not be taken.
Step = Callable[[Event, Hit], Dropped | None]
