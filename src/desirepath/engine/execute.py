"""Decides how a statement is run, and whether its sender may run it."""

import re

from desirepath.engine.access import Role, check_reader, tell_settings
from desirepath.engine.inserts import run_insert
from desirepath.engine.native import SINCE, Blocks
from desirepath.engine.refusal import Refusal, from_engine
from desirepath.engine.running import Running
from desirepath.engine.selects import answer_select
from desirepath.engine.sql import escaped
from desirepath.engine.statement import format_name
from desirepath.engine.task import Task

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

_KILL = re.compile(
    rb"\s*KILL\s+QUERY\s+WHERE\s+query_id\s*=\s*'([^'\\]*)'\s*(?:SYNC|ASYNC)?\s*", re.IGNORECASE
)
# What lasts for a session.
_SAYS = re.compile(rb"\s*(?:SET|USE)\s", re.IGNORECASE)
_TEMPORARY = re.compile(rb"\s*CREATE\s+(?:OR\s+REPLACE\s+)?TEMPORARY\s", re.IGNORECASE)
_READONLY = "Cannot execute query in readonly mode"
_GET = ". For queries over HTTP, method GET implies readonly. You should use method POST"


def execute(task: Task, running: Running) -> None:
    """Run the statement and send its answer. Raises Refusal."""
    headers = task.answer.headers
    headers["X-ClickHouse-Query-Id"] = task.request.query_id
    headers["X-ClickHouse-Server-Display-Name"] = "desirepath"
    headers["X-ClickHouse-Timezone"] = "UTC"
    task.answer.encoding = task.request.answer_encoding
    try:
        if task.statement.kind == "insert":
            check_insert(task.role, task.request.method)
            run_insert(task)
        elif found := _KILL.fullmatch(task.statement.sql):
            _kill(task, running, found[1].decode(errors="replace"))
        else:
            _answer(task)
    except RuntimeError as exc:
        refusal = from_engine(exc)
        if refusal.code == 497 and "READ ON FILE" in refusal.message:
            # In the database `default`, chDB takes a name that is no table for a file's.
            refusal = Refusal(60, "There is no such table, or it is a file. (UNKNOWN_TABLE)")
        raise refusal from exc


def check_insert(role: Role, method: str) -> None:
    """Raises Refusal where an INSERT is not for this role or HTTP method."""
    if role is Role.READER:
        raise Refusal(164, f"reader: {_READONLY}")
    if method != "POST":
        raise Refusal(164, _READONLY + _GET)


def _answer(task: Task) -> None:
    statement, connection = task.statement, task.lent.connection
    form = format_name(statement.format or task.request.default_format or "TabSeparated")
    ending = b"\nFORMAT %b%b" % (form.encode(), statement.settings)
    sql, whole = statement.sql, statement.sql
    if task.role is Role.READER:
        sql = whole = tell_settings(sql)
    if statement.kind == "select" or statement.format:
        whole = sql + ending
    if task.role is Role.READER:
        check_reader(connection, [whole, sql], task.request.parameters)
    seen = connection.classify_query(whole)
    kind = getattr(seen["query_class"], "name", "UNKNOWN")
    if seen["statement_count"] not in (0, 1):
        raise Refusal(62, "Syntax error (Multi-statements are not allowed)")
    if task.request.method != "POST" and kind not in ("READ_ONLY", "UNKNOWN"):
        raise Refusal(164, _READONLY + _GET)
    if _TEMPORARY.match(whole):
        raise Refusal(
            48, "A temporary table would end with its request; send external data with the query"
        )
    if form == "Native" and task.request.protocol >= SINCE:
        task.blocks = Blocks()
    task.answer.headers["X-ClickHouse-Format"] = form
    task.answer.headers["Content-Type"] = _CONTENT_TYPES.get(form, "text/plain; charset=UTF-8")
    if statement.kind == "select":
        answer_select(task, sql, ending)
    else:
        result = connection.query(whole, form, params=task.request.parameters)
        task.tell_cost(result)
        said = result.bytes() or b""
        task.answer.send(200, task.blocks.add(said) + task.blocks.end() if task.blocks else said)
    if _SAYS.match(whole):
        task.sessions.say(
            task.request.session, whole, task.request.other.get("session_timeout", "")
        )
    # Anything else may have changed the connection: SET, USE, a temporary table.
    task.lent.clean = kind in ("READ_ONLY", "MUTATING") and not task.query.killed


def _kill(task: Task, running: Running, query_id: str) -> None:
    """`KILL QUERY WHERE query_id = '…'`: chDB does not know the ids of clients."""
    ended = running.kill(query_id, task.role)
    task.lent.clean = True
    row = f"waiting\t{escaped(query_id)}\t{task.role.value}\t\n" if ended else ""
    task.answer.headers["Content-Type"] = "text/tab-separated-values; charset=UTF-8"
    task.answer.send(200, row.encode())
