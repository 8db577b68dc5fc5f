"""HTTP sessions: what `SET` and `USE` said under a `session_id`, for the requests that follow.

Only statements are remembered; they are said again on each connection that the session needs. So a
session holds no connection, and there is nothing to lock.
"""

import threading
import time
from collections import OrderedDict

from desirepath.engine.refusal import Refusal

_MOST = 64
_STATEMENTS = 32
_SECONDS = 60
_MOST_SECONDS = 3600


class Sessions:
    """Of all clients. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, tuple[float, tuple[bytes, ...]]] = OrderedDict()

    def said(self, session: str, *, must_exist: bool = False) -> tuple[bytes, ...]:
        """What was said in `session`; nothing for '' and for one that is over."""
        with self._lock:
            until, statements = self._sessions.get(session, (0.0, ()))
        if until < time.monotonic():
            if must_exist:
                raise Refusal(372, f"Session {session[:64]} not found")
            return ()
        return statements

    def say(self, session: str, statement: bytes, seconds: str = "") -> None:
        """Remember `statement`."""
        if not session:
            return
        limit = int(seconds) if seconds.isdecimal() else _SECONDS
        until = time.monotonic() + min(limit, _MOST_SECONDS)
        with self._lock:
            said = self._sessions.pop(session, (0.0, ()))[1]
            self._sessions[session] = (until, (*said, statement)[-_STATEMENTS:])
            while len(self._sessions) > _MOST:
                self._sessions.popitem(last=False)
