"""Bots: machines are flagged, with the reason, and kept. None is dropped.

Two layers, asked in this order: `ua_pattern`, what a user agent names itself to be; and, for live
requests, `header_heuristics`, headers that do not fit the browser it says it is. The reason is
written on the event, so a report can show what it left out and why, and put it back.

An HTTP library that sends a live event is no bot: servers and scripts do that for people, and its
user agent says nothing about them. In an access log the same name is the visitor's own, and counts.
"""

from desirepath.ingest.base import Bot, Dropped, Hit
from desirepath.ingest.crawlers import crawler_of
from desirepath.ingest.signals import LONGEST, signal_of
from desirepath.model.event import Event


def bot_of(hit: Hit, user_agent: str) -> Bot | None:
    """Why this hit is taken for a machine's, or None. Needs `hit.agent`."""
    found = crawler_of(user_agent)
    if not hit.live:
        return found
    if found is not None:
        return None if found.purpose == "scripted" else found
    header = hit.headers.get
    return signal_of(
        user_agent,
        hit.agent.device,
        "accept-language" in hit.headers,
        header("sec-ch-ua", "")[:LONGEST],
        header("sec-ch-ua-platform", "")[:LONGEST],
    )


def bots(event: Event, hit: Hit) -> Dropped | None:
    """Set `bot` and the columns that say why."""
    found = hit.bot
    if found is not None:
        event.bot = True
        event.bot_layer = found.layer
        event.bot_name = found.name
        event.bot_purpose = found.purpose
        event.bot_pattern = found.pattern
    return None
