"""Runs an INSERT whose data came in the body.

chDB reads the data from a file (`FROM INFILE`). The other ways it offers were tried on 26.9 and
lose data:

- Its streaming insert (`send_insert`) reports success when the rows could not be written: a full
  disk, a violated constraint, too many partitions.
- Text behind the statement ends at an empty line, and what follows is run as SQL.
"""

from desirepath.engine.refusal import Refusal
from desirepath.engine.sql import insert_from
from desirepath.engine.statement import format_name
from desirepath.engine.task import Task


def run_insert(task: Task) -> None:
    """Insert the task's data. Raises RuntimeError of chDB."""
    statement, headers = task.statement, task.answer.headers
    form = format_name(statement.format or "Values")
    headers["Content-Type"] = "text/plain; charset=UTF-8"
    if task.query.killed:
        raise Refusal(394, "Query was cancelled")
    sql = insert_from(task.data.path(), statement.sql, form, statement.settings)
    task.tell_cost(task.lent.connection.query(sql, "Null", params=task.request.parameters))
    task.lent.clean = True
    task.answer.send(200, b"")
