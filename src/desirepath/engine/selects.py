"""Runs a SELECT and sends its answer as it comes.

ClickHouse writes into a pipe (`INTO OUTFILE '/dev/fd/N'`): every format as a server would send it,
at the client's pace, and no answer is held in memory whole. While one thread runs the query, the
client's own thread reads the pipe and watches the client: when it goes away, the query is killed.
"""

import os
import select
import threading
from collections.abc import Iterator

from desirepath.engine.data import Data
from desirepath.engine.library import Result
from desirepath.engine.native import Blocks
from desirepath.engine.task import Task

# An answer up to this size is sent at once, with its cost in the head; a longer one as it comes.
WHOLE = 1 << 20

# A query that was killed before ClickHouse knew it runs on: it is killed again after so many ms.
AGAIN = 200

_GONE = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR


class _Run:
    """The query, running on a thread of its own; ended when the pipe ends."""

    def __init__(self, task: Task, sql: bytes, ending: bytes) -> None:
        self._task = task
        self.reading, self._writing = os.pipe()
        self._sql = b"%b\nINTO OUTFILE '/dev/fd/%d' TRUNCATE%b" % (sql, self._writing, ending)
        self._result: Result | None = None
        self._error: RuntimeError | None = None
        self._ended = threading.Event()
        task.workers.run(self._query)

    def _query(self) -> None:
        task = self._task
        try:
            self._result = task.lent.connection.query(
                self._sql, "TSV", params=task.request.parameters
            )
        except RuntimeError as exc:
            self._error = exc
        finally:
            self._ended.set()
            os.close(self._writing)

    def pieces(self) -> Iterator[bytes]:
        """What the query writes, until its end."""
        task = self._task
        poll = select.poll()
        poll.register(self.reading, select.POLLIN)
        poll.register(task.wire.socket, _GONE & ~(select.POLLHUP | select.POLLERR))
        client = task.wire.socket.fileno()
        while True:
            ready = dict(poll.poll(AGAIN))
            if ready.get(client, 0) & _GONE:
                poll.unregister(client)
                self._kill()
            elif not ready and task.query.killed:
                self._kill()
            if self.reading in ready:
                piece = os.read(self.reading, 1 << 18)
                if not piece:
                    return
                yield piece

    def result(self) -> Result:
        """What it cost. Raises RuntimeError with what went wrong."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
        assert self._result is not None
        return self._result

    def close(self) -> None:
        """End it, if it runs: it must be over before its connection is another's."""
        os.close(self.reading)
        while not self._ended.is_set():
            self._kill()
            self._ended.wait(AGAIN / 1000)

    def _kill(self) -> None:
        self._task.query.kill(self._task.connections.kill)


def _as_asked(run: _Run, blocks: Blocks | None) -> Iterator[bytes]:
    """What the query writes, in the form that the client's protocol has."""
    if blocks is None:
        yield from run.pieces()
        return
    for piece in run.pieces():
        yield blocks.add(piece)
    run.result()  # what went wrong is said before the block that it cut off
    yield blocks.end()


def answer_select(task: Task, sql: bytes, ending: bytes) -> None:
    """Run `sql`, with `ending` (FORMAT and SETTINGS) behind it. Raises RuntimeError of chDB."""
    run = _Run(task, sql, ending)
    held = Data()
    answer = task.answer
    try:
        for piece in _as_asked(run, task.blocks):
            if answer.begun:
                answer.write(piece)
                continue
            held.add(piece)
            if len(held) > WHOLE and not task.request.whole_answer:
                answer.begin()
                for earlier in held:
                    answer.write(earlier)
        result = run.result()
        if answer.begun:
            answer.end()
            return
        task.tell_cost(result)
        if len(held) <= WHOLE:
            answer.send(200, b"".join(held))
            return
        answer.begin()
        for piece in held:
            answer.write(piece)
        answer.end()
    finally:
        held.close()
        run.close()
