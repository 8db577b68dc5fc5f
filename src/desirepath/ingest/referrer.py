"""Referrer: where a visit came from: the address and its host, scrubbed as the page's is."""

from desirepath.ingest.base import Dropped, Hit
from desirepath.ingest.links import scrub_url
from desirepath.model.event import Event


def referrer(event: Event, hit: Hit) -> Dropped | None:
    """Scrub `referrer`; set `referrer_host`. Its campaign is another site's: no column is set."""
    if event.referrer:
        link = scrub_url(event.referrer, hit.project.query_allowlist)
        event.referrer = link.url
        event.referrer_host = link.host
    return None
