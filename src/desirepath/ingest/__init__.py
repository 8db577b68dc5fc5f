"""From what a request brought to what the log keeps. Pure: no clock, no network, no disk.

`recognise` works out once per request what all its events share; the steps then fill in each event.
A step changes the event in place and gives a reason where the event must not be taken.
"""

from collections.abc import Sequence
from operator import attrgetter

from desirepath.ingest.actor import actor
from desirepath.ingest.base import Dropped, Hit, Step
from desirepath.ingest.bots import bot_of, bots
from desirepath.ingest.clock import clock
from desirepath.ingest.consent import consent, refuses
from desirepath.ingest.ip import ip, stored_ip
from desirepath.ingest.links import scrub_url
from desirepath.ingest.page import page
from desirepath.ingest.place import place
from desirepath.ingest.pseudonym import pseudonym, pseudonym_of
from desirepath.ingest.referrer import referrer
from desirepath.ingest.retention import retention
from desirepath.ingest.signals import SIGNAL_HEADERS
from desirepath.ingest.text import scrub_text
from desirepath.ingest.texts import texts
from desirepath.ingest.user_agent import LONGEST, agent_of, user_agent
from desirepath.model.event import Event
from desirepath.model.project import IpMode

__all__ = [
    "FORBIDDABLE",
    "HEADERS",
    "STEPS",
    "Dropped",
    "Hit",
    "Step",
    "pipeline",
    "recognise",
    "run",
    "scrub_text",
    "scrub_url",
]

#: The request headers that are looked at, lower case. A hit need not carry others.
HEADERS = SIGNAL_HEADERS | {"sec-gpc", "dnt"}

# Read top to bottom: this is the whole of ingest. Consent comes first, so that a person who said no
# is forgotten before anything about them is examined.
STEPS: tuple[Step, ...] = (
    consent,
    clock,
    actor,
    pseudonym,
    retention,
    bots,
    page,
    referrer,
    texts,
    user_agent,
    ip,
    place,
)

#: The steps that a format may forbid, and the columns which are then empty whatever was sent.
FORBIDDABLE: dict[str, tuple[str, ...]] = {
    "actor": ("user_id", "anonymous_id"),
    "pseudonym": (),
    "bots": (),
    "page": (
        *("page_url", "host", "path", "title"),
        *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"),
    ),
    "referrer": ("referrer", "referrer_host"),
    "user_agent": ("ua_device", "ua_os", "ua_os_version", "ua_browser", "ua_browser_version"),
    "ip": ("ip",),
    "place": ("country", "region", "city"),
}
# The pseudonym is made of the address, so who forbids the address forbids it too.
_GROUPS = {"urls": ("page", "referrer"), "ip": ("ip", "pseudonym")}

_LONGEST_IP = 64


def recognise(hit: Hit) -> None:
    """Work out what all events of a hit share. A refused hit is looked at no further."""
    if refuses(hit):
        hit.refused = Dropped.CONSENT
        return
    project, agent_text, address = hit.project, hit.user_agent, hit.ip
    if len(agent_text) > LONGEST:
        agent_text = agent_text[:LONGEST]
    if len(address) > _LONGEST_IP:
        address = ""
    hit.agent = agent_of(agent_text)
    hit.bot = bot_of(hit, agent_text)
    if address:
        if hit.locate is not None:
            hit.place = hit.locate(address)
        if project.ip_mode is not IpMode.DROP:
            hit.stored_ip = stored_ip(address, project.ip_mode)
    hit.pseudonym = pseudonym_of(hit.salt, project.id, address, agent_text)


def pipeline(forbidden: frozenset[str]) -> tuple[Step, ...]:
    """The steps for a format that forbids some, by name. Their columns are emptied.

    `urls` stands for `page` and `referrer`; `ip` forbids `pseudonym` as well. ValueError for a name
    that no format may forbid.
    """
    names = {name for given in forbidden for name in _GROUPS.get(given, (given,))}
    if unknown := names - FORBIDDABLE.keys():
        raise ValueError(
            f"no ingest step to forbid: {', '.join(sorted(unknown))}; "
            f"there are {', '.join(sorted(FORBIDDABLE))} and urls"
        )
    steps = tuple(step for step in STEPS if step.__name__ not in names)
    columns = [column for name in sorted(names) for column in FORBIDDABLE[name]]
    # Emptied first: nothing may be derived from what is forbidden.
    return (_emptying(columns), *steps) if columns else steps


def _emptying(columns: Sequence[str]) -> Step:
    values = attrgetter(*columns)
    empty = values(Event(surface="", type="", event_id="", time=0.0))

    def forbidden(event: Event, hit: Hit) -> Dropped | None:
        if values(event) != empty:
            for column in columns:
                setattr(event, column, "")
        return None

    return forbidden


def run(event: Event, hit: Hit, steps: Sequence[Step]) -> Dropped | None:
    """Take one event through `steps`. The reason, where one of them says no."""
    for step in steps:
        dropped = step(event, hit)
        if dropped is not None:
            return dropped
    return None
