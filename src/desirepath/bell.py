"""The loader's bell: a reader rings, and hears back when all that was in the log is visible.

One line each way over loopback: `<secret> <milliseconds>` in, `<events still waiting>` out.
The loader thread never waits for a bell; whoever rings waits, at most the time that it gave.
"""

import hmac
import socket
import threading
from collections.abc import Mapping

import structlog

_log = structlog.get_logger("desirepath.bell")

_LINE = 256
_LATE = 0.1  # seconds that an answer may come after the time it was given


class Waiter:
    """Somebody who rang. `ends` is set when the loader has looked where the log ends."""

    def __init__(self) -> None:
        self.ends: dict[str, int] | None = None
        self.done = threading.Event()

    def waiting(self, visible: Mapping[str, int]) -> int:
        """Records that are in the log and not yet visible; -1 while that is not known."""
        if self.ends is None:
            return -1
        return sum(max(0, end - visible.get(log_id, 0)) for log_id, end in self.ends.items())


class Bell:
    """The loader's side: a listening thread, and the waiters that rang."""

    def __init__(self, port: int, secret: str) -> None:
        self._secret = secret
        self._listener = socket.create_server(("127.0.0.1", port))
        self.rung = threading.Event()
        self._waiters: list[Waiter] = []
        self._lock = threading.Lock()
        self._visible: Mapping[str, int] = {}
        threading.Thread(target=self._listen, name="bell", daemon=True).start()

    def answer_those_at(self, ends: Mapping[str, int] | None, visible: Mapping[str, int]) -> None:
        """Give new waiters `ends`; wake those for whom everything is visible."""
        with self._lock:
            self._visible = dict(visible)
            for waiter in self._waiters:
                if waiter.ends is None and ends is not None:
                    waiter.ends = dict(ends)
                if waiter.waiting(visible) == 0:
                    waiter.done.set()
            self._waiters = [waiter for waiter in self._waiters if not waiter.done.is_set()]

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(5)
            try:
                secret, _, rest = connection.recv(_LINE).decode().partition(" ")
                if not hmac.compare_digest(secret.encode(), self._secret.encode()):
                    return
                waiter, patience = Waiter(), int(rest) / 1000
                with self._lock:
                    self._waiters.append(waiter)
                self.rung.set()
                waiter.done.wait(patience)
                with self._lock:
                    waiting = waiter.waiting(self._visible)
                    if waiter in self._waiters:
                        self._waiters.remove(waiter)
                connection.sendall(f"{waiting}\n".encode())
            except (OSError, ValueError) as exc:
                _log.debug("a bell call broke off", error=str(exc))

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()


def ring(port: int, secret: str, patience_ms: int) -> int | None:
    """Ask for everything to be loaded; return how many records still wait.

    None: the loader is not there to say.
    """
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            # The loader says by then how many wait; one that stands still says nothing.
            connection.settimeout(patience_ms / 1000 + _LATE)
            connection.sendall(f"{secret} {patience_ms}\n".encode())
            answer = connection.recv(_LINE)
    except OSError:
        return None
    return int(answer) if answer and not answer.startswith(b"-") else None
