"""Texts: titles, labels, search words and error messages, without secrets.

People type their e-mail address into search boxes, and scripts print a failing request's whole
address into an error message.
"""

from desirepath.ingest.base import Dropped, Hit
from desirepath.ingest.links import scrub_url
from desirepath.ingest.text import scrub_text
from desirepath.model.event import Event


def texts(event: Event, hit: Hit) -> Dropped | None:
    """Scrub the columns that hold what a page or a person wrote."""
    if event.title:
        event.title = scrub_text(event.title)
    if event.element_text:
        event.element_text = scrub_text(event.element_text)
    if event.element_href:
        event.element_href = scrub_url(event.element_href, hit.project.query_allowlist).url
    if event.element_value:
        event.element_value = scrub_text(event.element_value)
    if event.query:
        event.query = scrub_text(event.query)
    if event.error_message:
        event.error_message = scrub_text(event.error_message)
    if event.error_source:
        event.error_source = scrub_text(event.error_source)
    if event.error_stack:
        event.error_stack = scrub_text(event.error_stack)
    return None
