"""Runs one statement on chDB and gives its answer.

A SELECT writes into a pipe (`INTO OUTFILE '/dev/fd/N'`), in any format, with the client's pace as
its own: a slow reader slows the query, and no answer is ever held in memory whole. The same thread
that sends watches the client; when it goes away, the query is killed.

An INSERT is read to its last byte before any of it reaches chDB, so that a body cut off in the
middle, or a broken compression, inserts nothing.
"""

import json
import os
import select
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from typing import IO

from desirepath.engine.access import Access, Role, check_reader, tell_settings
from desirepath.engine.answer import Answer
from desirepath.engine.connections import Connections, Lent, Setup, quoted
from desirepath.engine.library import Result
from desirepath.engine.refusal import Refusal, from_engine
from desirepath.engine.request import Body, Request
from desirepath.engine.running import Query
from desirepath.engine.statement import format_name
from desirepath.engine.wire import Wire

# An answer up to this size is sent with its length and its cost; a longer one as it comes.
WHOLE = 1 << 20
# More than this of an INSERT's data, or of an answer that must be whole, is kept in a file.
IN_MEMORY = 64 << 20

_CONTENT_TYPES = {
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TSV": "text/tab-separated-values; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "JSONCompactEachRow": "application/x-ndjson; charset=UTF-8",
    "XML": "application/xml; charset=UTF-8",
    "Native": "application/octet-stream",
    "RowBinary": "application/octet-stream",
    "Arrow": "application/octet-stream",
    "ArrowStream": "application/octet-stream",
    "Parquet": "application/octet-stream",
}


def execute(
    request: Request,
    role: Role,
    body: Body,
    query: Query,
    connections: Connections,
    access: Access,
    answer: Answer,
    wire: Wire,
) -> None:
    """Run the statement of `request` and send its answer. Raises Refusal."""
    settings = access.settings(role, request.settings)
    setup = Setup(role, request.database, tuple(sorted(settings.items())))
    began = time.monotonic_ns()
    lent = connections.lend(setup)
    try:
        query.mark = lent.mark
        if query.killed:
            raise Refusal(394, "Query was cancelled")
        run = _Run(request, role, body, query, connections, lent, answer, wire, began)
        try:
            run.now()
        except RuntimeError as exc:
            raise from_engine(exc) from exc
        lent.clean = run.clean and not query.killed
    finally:
        query.end()
        connections.take_back(lent)


class _Run:
    """One execution: what it needs, and its three ways."""

    def __init__(
        self,
        request: Request,
        role: Role,
        body: Body,
        query: Query,
        connections: Connections,
        lent: Lent,
        answer: Answer,
        wire: Wire,
        began: int,
    ) -> None:
        self.request, self.role, self.body, self.query = request, role, body, query
        self.connections, self.lent, self.answer, self.wire = connections, lent, answer, wire
        self.began = began
        self.clean = False

    def now(self) -> None:
        statement, connection = self.body.statement, self.lent.connection
        self._prepare()
        if statement.kind == "insert":
            if self.role is Role.READER:
                raise Refusal(164, "reader: Cannot execute query in readonly mode")
            self._insert()
            return
        form = statement.format or self.request.default_format or "TabSeparated"
        ending = b"\nFORMAT %b%b" % (format_name(form).encode(), statement.settings)
        parameters = self.request.parameters
        if self.role is Role.READER:
            statement = replace(statement, sql=tell_settings(statement.sql))
        whole = statement.sql + ending
        if self.role is Role.READER:
            check_reader(connection, [whole, statement.sql], parameters)
        kind = connection.classify_query(whole)
        self.clean = getattr(kind["query_class"], "name", "") in ("READ_ONLY", "MUTATING")
        if kind["statement_count"] not in (0, 1):
            raise Refusal(62, "Syntax error (Multi-statements are not allowed)")
        if self.request.method == "GET" and self.clean and not self._reads(kind):
            raise Refusal(
                164,
                "Cannot execute query in readonly mode. For queries over HTTP, method GET implies"
                " readonly. You should use method POST for modifying queries",
            )
        self.answer.headers["X-ClickHouse-Format"] = form
        self.answer.headers["Content-Type"] = _CONTENT_TYPES.get(form, "text/plain; charset=UTF-8")
        if statement.kind == "select":
            self._select(statement.sql, ending)
        else:
            result = connection.query(whole, "TSV", params=parameters)
            self._summary(result)
            self.answer.send(200, result.bytes() or b"")

    def _reads(self, kind: dict[str, object]) -> bool:
        return getattr(kind["query_class"], "name", "") == "READ_ONLY"

    def _prepare(self) -> None:
        headers = self.answer.headers
        headers["X-ClickHouse-Query-Id"] = self.request.query_id
        headers["X-ClickHouse-Server-Display-Name"] = "desirepath"
        headers["X-ClickHouse-Timezone"] = "UTC"
        self.answer.encoding = self.request.answer_encoding

    def _select(self, statement: bytes, ending: bytes) -> None:
        reading, writing = os.pipe()
        sql = b"%b\nINTO OUTFILE '/dev/fd/%d' TRUNCATE%b" % (
            statement,
            writing,
            ending,
        )
        outcome: list[Result | RuntimeError] = []

        def run() -> None:
            try:
                outcome.append(
                    self.lent.connection.query(sql, "TSV", params=self.request.parameters)
                )
            except RuntimeError as exc:
                outcome.append(exc)
            finally:
                os.close(writing)

        thread = Thread(target=run, name="query")
        thread.start()
        try:
            self._pass_on(reading, thread, outcome)
        finally:
            # Whoever still writes gets an error, and ends.
            os.close(reading)
            thread.join()

    def _pass_on(self, reading: int, thread: Thread, outcome: list[Result | RuntimeError]) -> None:
        kept: IO[bytes] | None = None
        held = bytearray()
        for piece in self._pieces(reading):
            if self.answer.begun:
                self.answer.write(piece)
            elif kept is not None:
                kept.write(piece)
            else:
                held += piece
                if len(held) > WHOLE and not self.request.whole_answer:
                    self.answer.begin()
                    self.answer.write(bytes(held))
                    held.clear()
                elif len(held) > IN_MEMORY:
                    kept = tempfile.TemporaryFile(dir="tmp")  # noqa: SIM115  (closed below)
                    kept.write(held)
                    held.clear()
        thread.join()
        result = outcome[0]
        if isinstance(result, RuntimeError):
            raise result
        if self.answer.begun:
            self.answer.end()
        elif kept is not None:
            self._summary(result)
            self.answer.begin()
            kept.seek(0)
            while piece := kept.read(1 << 20):
                self.answer.write(piece)
            self.answer.end()
        else:
            self._summary(result)
            self.answer.send(200, bytes(held))

    def _pieces(self, reading: int) -> Iterator[bytes]:
        """What the query writes, until its end; kills it when the client goes away."""
        poll = select.poll()
        poll.register(reading, select.POLLIN)
        poll.register(self.wire.socket, getattr(select, "POLLRDHUP", 0))
        watching = True
        while True:
            ready = dict(poll.poll())
            if watching and ready.get(self.wire.socket.fileno()):
                watching = False
                poll.unregister(self.wire.socket)
                self.query.kill(self.connections.kill)
            if ready.get(reading):
                piece = os.read(reading, 1 << 18)
                if not piece:
                    return
                yield piece

    def _insert(self) -> None:
        statement, connection = self.body.statement, self.lent.connection
        with tempfile.SpooledTemporaryFile(IN_MEMORY, dir="tmp") as kept:
            pieces: list[bytes] = []
            size = 0
            for piece in self.body.data:
                size += len(piece)
                if size > IN_MEMORY:
                    for earlier in pieces:
                        kept.write(earlier)
                    pieces.clear()
                    kept.write(piece)
                else:
                    pieces.append(piece)
            kept.seek(0)
            if self.request.parameters:
                pairs = (f"param_{n} = {quoted(v)}" for n, v in self.request.parameters.items())
                connection.query("SET " + ", ".join(pairs), "Null")
            if self.query.killed:
                raise Refusal(394, "Query was cancelled")
            inserting = connection.send_insert(
                statement.sql + statement.settings, format_name(statement.format or "Values")
            )
            with suppress(RuntimeError):  # told again, and better, by insert_done
                for piece in pieces or iter(lambda: kept.read(1 << 20), b""):
                    connection.insert_append(inserting, piece)
            result = connection.insert_done(inserting)
        self.clean = not self.request.parameters
        self._summary(result)
        self.answer.headers["Content-Type"] = "text/plain; charset=UTF-8"
        self.answer.send(200, b"")

    def _summary(self, result: Result) -> None:
        cost = {
            "read_rows": result.storage_rows_read(),
            "read_bytes": result.storage_bytes_read(),
            "written_rows": result.rows_written(),
            "written_bytes": result.bytes_written(),
            "total_rows_to_read": 0,
            "result_rows": result.rows_read() or result.rows_written(),
            "result_bytes": 0,
            "elapsed_ns": time.monotonic_ns() - self.began,
        }
        self.answer.headers["X-ClickHouse-Summary"] = json.dumps(
            {name: str(value) for name, value in cost.items()}, separators=(",", ":")
        )
