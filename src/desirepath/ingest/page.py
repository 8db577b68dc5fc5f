"""Page: where it happened: `page_url` without what identifies a person, and its parts.

Host, path and campaign go to columns of their own. The value of a click id is never kept, only
that there was one, as `extra.click_id`.
"""

from desirepath.ingest.base import Dropped, Hit
from desirepath.ingest.links import scrub_url
from desirepath.model.event import Event


def page(event: Event, hit: Hit) -> Dropped | None:
    """Scrub `page_url`; set `host`, `path`, the `utm_` columns and `extra.click_id`.

    An address without a host leaves the host that the format knew.
    """
    if event.page_url:
        event.page_url, host, event.path, utm, click_id = scrub_url(
            event.page_url, hit.project.query_allowlist
        )
        if host:
            event.host = host
        if utm is not None:
            (
                event.utm_source,
                event.utm_medium,
                event.utm_campaign,
                event.utm_term,
                event.utm_content,
            ) = utm
        if click_id:
            event.extra["click_id"] = click_id
    elif event.path:
        event.path = scrub_url(event.path).path
    return None
