"""Consent: a browser that says no is forgotten before anything about it is looked at.

Global Privacy Control (`Sec-GPC: 1`) is honoured by default, Do Not Track (`DNT: 1`) where the
project says so. Both are signals of a live request; a line of an old log carries neither.
"""

from desirepath.ingest.base import Dropped, Hit
from desirepath.model.event import Event


def refuses(hit: Hit) -> bool:
    """Whether the browser behind this hit said no, in a way the project honours."""
    if not hit.live:
        return False
    project, headers = hit.project, hit.headers
    if project.honour_gpc and headers.get("sec-gpc") == "1":
        return True
    return project.honour_dnt and headers.get("dnt") == "1"


def consent(event: Event, hit: Hit) -> Dropped | None:
    """Refuse every event of a hit that was refused."""
    return hit.refused
