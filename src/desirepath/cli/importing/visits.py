"""Which session a line of an access log belongs to: one visitor (address and user agent), no pause
of more than 30 minutes, no more than 24 hours.

Lines are nearly in time order; one that comes late, by no more than the pause, joins the session it
would have belonged to. Visitors are known here by an HMAC under the import's own salt, never by
their address, so what is noted down of open sessions says nothing once the salt is gone.
"""

import hmac
from typing import NamedTuple

IDLE = 1800.0  # seconds
LONGEST = 86_400.0
OPEN = 100_000  # sessions kept open; with more, the one longest idle is closed early


class Visit(NamedTuple):
    """A session that is still open."""

    session: str
    first: float  # Unix seconds
    last: float


class Visits:
    """The open sessions, the one longest idle first."""

    def __init__(self, salt: bytes, open_: dict[str, Visit] | None = None) -> None:
        self._salt = salt
        self.open = open_ if open_ is not None else {}

    def visitor(self, ip: str, user_agent: str) -> str:
        """What stands for this address and user agent; '' where both are unknown."""
        if not ip and not user_agent:
            return ""
        return self._digest(f"visitor\0{ip}\0{user_agent}")

    def session(self, visitor: str, time: float) -> str:
        """The session of `visitor` at `time`; '' for nobody."""
        if not visitor:
            return ""
        found = self.open.pop(visitor, None)
        if (
            found is not None
            and found.first - IDLE <= time <= found.last + IDLE
            and max(time, found.last) - min(time, found.first) <= LONGEST
        ):
            visit = Visit(found.session, min(time, found.first), max(time, found.last))
        else:
            visit = Visit(self._digest(f"session\0{visitor}\0{time}"), time, time)
        self.open[visitor] = visit
        self._close(visit.last)
        return visit.session

    def _close(self, now: float) -> None:
        oldest = next(iter(self.open))
        # Twice the pause, so that lines which come late still find their session.
        while self.open[oldest].last < now - 2 * IDLE or len(self.open) > OPEN:
            del self.open[oldest]
            oldest = next(iter(self.open))

    def _digest(self, text: str) -> str:
        return hmac.digest(self._salt, text.encode(errors="replace"), "sha256").hex()[:32]
