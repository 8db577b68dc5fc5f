"""All that running one statement needs."""

import json
import time
from dataclasses import dataclass, field

from desirepath.engine.access import Role
from desirepath.engine.answer import Answer
from desirepath.engine.connections import Connections, Lent
from desirepath.engine.data import Data
from desirepath.engine.library import Result
from desirepath.engine.native import Blocks
from desirepath.engine.request import Request
from desirepath.engine.running import Query
from desirepath.engine.sessions import Sessions
from desirepath.engine.statement import Statement
from desirepath.engine.wire import Wire
from desirepath.engine.workers import Workers


@dataclass(slots=True)
class Task:
    """One statement on its way through the engine."""

    request: Request
    role: Role
    statement: Statement
    data: Data  # of an INSERT
    query: Query
    lent: Lent
    answer: Answer
    wire: Wire
    connections: Connections
    workers: Workers
    sessions: Sessions
    blocks: Blocks | None = None  # for clients that want Native with more around its blocks
    began: int = field(default_factory=time.monotonic_ns)

    def tell_cost(self, result: Result) -> None:
        """Put what the statement read and wrote into the answer's head."""
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
