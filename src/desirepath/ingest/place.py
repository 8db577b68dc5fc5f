"""Place: country, region and city of the address, where the server has a place database.

The database is opened elsewhere and comes with the hit; here its answer is written down.
"""

from desirepath.ingest.base import NOWHERE, Dropped, Hit
from desirepath.model.event import Event


def place(event: Event, hit: Hit) -> Dropped | None:
    """Set `country`, `region` and `city`."""
    found = hit.place
    if found is not NOWHERE:
        event.country = found.country
        event.region = found.region
        event.city = found.city
    return None
