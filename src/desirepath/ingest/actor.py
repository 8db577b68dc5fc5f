"""Actor: who did it, as far as the event itself says: a user, or one browser.

A user id wins over an anonymous id. Where there is neither, `pseudonym` comes next.
"""

from desirepath.ingest.base import Dropped, Hit
from desirepath.model.event import Event


def actor(event: Event, hit: Hit) -> Dropped | None:
    """Set `actor` and `actor_kind`. A kind that is set already (`minted`) stays."""
    if event.user_id:
        event.actor = event.user_id
        event.actor_kind = event.actor_kind or "user"
    elif event.anonymous_id:
        event.actor = event.anonymous_id
        event.actor_kind = "anonymous"
    return None
