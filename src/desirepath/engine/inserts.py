"""Runs an INSERT whose data came in the body, through chDB's own streaming insert.

Of the ways to hand over data (a file, `FROM INFILE`, text behind the statement) it is the fastest
and the only safe one: text behind the statement would end at an empty line, and what follows would
be run as SQL.
"""

from contextlib import suppress

from desirepath.engine.refusal import Refusal
from desirepath.engine.sql import quoted
from desirepath.engine.statement import format_name
from desirepath.engine.task import Task


def run_insert(task: Task) -> None:
    """Insert the task's data. Raises RuntimeError of chDB."""
    statement, connection = task.statement, task.lent.connection
    if task.request.parameters:
        pairs = (f"param_{name} = {quoted(of)}" for name, of in task.request.parameters.items())
        connection.query("SET " + ", ".join(pairs), "Null")
    inserting = connection.send_insert(
        statement.sql + statement.settings, format_name(statement.format or "Values")
    )
    try:
        if task.query.killed:
            raise Refusal(394, "Query was cancelled")
        with suppress(RuntimeError):  # insert_done says what went wrong
            for piece in task.data:
                connection.insert_append(inserting, piece)
    except BaseException:
        connection.insert_cancel(inserting)
        raise
    task.tell_cost(connection.insert_done(inserting))
    task.lent.clean = not task.request.parameters
    task.answer.headers["Content-Type"] = "text/plain; charset=UTF-8"
    task.answer.send(200, b"")
