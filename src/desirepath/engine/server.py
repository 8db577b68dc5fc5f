"""Accepts connections on the loopback port, a thread each, and answers their requests."""

import secrets
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from desirepath.engine.access import Access, Role
from desirepath.engine.answer import Answer
from desirepath.engine.connections import Connections, Setup
from desirepath.engine.data import Data
from desirepath.engine.execute import check_insert, execute
from desirepath.engine.fencing import Fence
from desirepath.engine.library import Library
from desirepath.engine.memory import give_back
from desirepath.engine.native import SINCE
from desirepath.engine.options import EngineOptions
from desirepath.engine.refusal import Refusal
from desirepath.engine.request import Request, begin, finish
from desirepath.engine.running import Running
from desirepath.engine.sessions import Sessions
from desirepath.engine.task import Task
from desirepath.engine.wire import BadRequest, CutOff, Head, Wire
from desirepath.engine.workers import Workers

# A connection that says nothing for so long is closed; also the longest pause inside a request.
IDLE = 300.0
# Who has not shown a secret yet may not be silent for longer than this.
FIRST = 10.0
# Memory is given back when no query has begun for so long.
QUIET = 20.0
# At the end: for killed queries to end, and for answers to leave.
LAST_WORDS = 1.0
# What is left of a refused request is read away, so that the client sees the answer and can go on:
# so much of it, where the client has not shown a secret.
LEFT_OVER = 16 << 20

_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
    b"Content-Length: 0\r\n\r\n"
)


class Server:
    """Answers on `listening`, a bound socket, until `stop`."""

    def __init__(self, listening: socket.socket, library: Library, options: EngineOptions) -> None:
        self._listening, self._options = listening, options
        self._access = Access(options)
        self._connections = Connections(library, options)
        self._running = Running(options.queries, options.reader_queries, self._connections.kill)
        self._fence = Fence(
            Path("engine.epoch"),
            options.write_secret,
            lambda query_id: self._running.kill(query_id, Role.WRITER),
        )
        self._workers = Workers()
        self._sessions = Sessions()
        self._answered = threading.Condition()
        self._answering = 0
        self._lock = threading.Lock()
        self._open: set[Wire] = set()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to answer."""
        self._listening.listen(128)
        threading.Thread(target=self._accept, name="accept", daemon=True).start()
        threading.Thread(target=self._tidy, name="tidy", daemon=True).start()

    def stop(self, seconds: float) -> None:
        """Take no more requests; give those that run `seconds`, then end them."""
        self._stopping.set()
        self._running.refuse()
        with suppress(OSError):  # not connected, says one system; it wakes the thread on another
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        if not self._running.wait_until_none(seconds):
            self._running.kill_all()
            self._running.wait_until_none(LAST_WORDS)
        # A query that failed is over before its client has been told.
        with self._answered:
            self._answered.wait_for(lambda: not self._answering, LAST_WORDS)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                client, _ = self._listening.accept()
            except OSError:
                # Out of descriptors, or stopping: either way there is no hurry.
                self._stopping.wait(0.05)
                continue
            client.settimeout(FIRST)
            wire = Wire(client)
            with self._lock:
                full = len(self._open) >= self._options.connections
                if not full:
                    self._open.add(wire)
            if full or not self._begin(wire):
                with suppress(OSError):
                    client.send(_FULL)
                wire.close()

    def _begin(self, wire: Wire) -> bool:
        thread = threading.Thread(target=self._talk, args=(wire,), name="client", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system has no more threads to give
            with self._lock:
                self._open.discard(wire)
            return False
        return True

    def _tidy(self) -> None:
        """Give memory back at the start, and whenever nothing has run for a while."""
        began, tidied = 0, -1
        while True:
            if began == self._running.began and began != tidied:
                give_back()
                tidied = began
            began = self._running.began
            if self._stopping.wait(QUIET):
                return

    def _talk(self, wire: Wire) -> None:
        try:
            while not self._stopping.is_set() and (head := wire.head()) is not None:
                with self._answered:
                    self._answering += 1
                try:
                    if not self._answer(wire, head):
                        break
                finally:
                    with self._answered:
                        self._answering -= 1
                        self._answered.notify_all()
        except BadRequest as exc:
            answer = Answer(wire, Head("GET", "/", "HTTP/1.1", {"connection": "close"}))
            answer.send(exc.status, f"{exc}\n".encode())
        except (CutOff, OSError):
            pass  # the client is gone; there is nobody to tell
        finally:
            with self._lock:
                self._open.discard(wire)
            wire.close()

    def _answer(self, wire: Wire, head: Head) -> bool:
        """Answer one request; False where the connection is over."""
        answer = Answer(wire, head)
        pieces = wire.body(head)
        path = head.target.partition("?")[0]
        try:
            if head.method not in ("GET", "POST", "HEAD"):
                raise BadRequest(405, f"method {head.method[:16]} is not for this server")
            if path in ("/ping", "/replicas_status") or head.method + head.target == "GET/":
                answer.send(200, b"Ok.\n")
            elif path != "/":
                raise BadRequest(404, f"there is no {path[:64]}: queries go to /, or /ping")
            else:
                self._run(wire, head, answer, pieces)
        except Refusal as refusal:
            answer.refuse(refusal)
        except (CutOff, OSError, BadRequest):
            raise
        except Exception as exc:  # noqa: BLE001  (one request must not take the others along)
            sys.stderr.write(f"desirepath engine: {type(exc).__name__} while answering\n")
            answer.refuse(Refusal(1002, f"The engine failed: {type(exc).__name__}"))
        return answer.keep_alive and _read_away(pieces, sys.maxsize if answer.known else LEFT_OVER)

    def _run(self, wire: Wire, head: Head, answer: Answer, pieces: Iterator[bytes]) -> None:
        request = begin(head)
        role = self._access.role(request)
        answer.known = True
        wire.socket.settimeout(IDLE)
        request.query_id = request.query_id or secrets.token_hex(16)
        body = finish(request, head, pieces)
        with closing(Data()) as data:
            if body.statement.kind == "insert":
                check_insert(role, request.method)
                data.read(body.data)
            # Only now: a client that sends slowly holds up no other, and no fence.
            with (
                self._running.registered(request.query_id, role) as query,
                self._fence.admitted(request.query_id if role is Role.WRITER else ""),
                self._connections.lent(self._setup(role, request), body.tables) as lent,
            ):
                query.mark = lent.mark
                if query.killed:
                    raise Refusal(394, "Query was cancelled")
                task = Task(
                    request=request,
                    role=role,
                    statement=body.statement,
                    data=data,
                    query=query,
                    lent=lent,
                    answer=answer,
                    wire=wire,
                    connections=self._connections,
                    workers=self._workers,
                    sessions=self._sessions,
                )
                try:
                    execute(task, self._running)
                finally:
                    query.end()

    def _setup(self, role: Role, request: Request) -> Setup:
        settings = dict(self._access.settings(role, request.settings))
        if request.protocol >= SINCE:
            settings["output_format_native_write_json_as_string"] = "1"
        said: tuple[bytes, ...] = ()
        if role is Role.WRITER:
            # A reader can set nothing, so there is nothing to remember.
            must_exist = request.other.get("session_check", "0") == "1"
            said = self._sessions.said(request.session, must_exist=must_exist)
        return Setup(role, request.database, tuple(sorted(settings.items())), said)


def _read_away(pieces: Iterator[bytes], most: int) -> bool:
    """Read what is left of a request, which would be taken for the next; False: it is too much."""
    size = 0
    try:
        for piece in pieces:
            size += len(piece)
            if size > most:
                return False
    except BadRequest:  # it was answered already
        return False
    return True
