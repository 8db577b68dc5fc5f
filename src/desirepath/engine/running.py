"""The queries that run now: how many may, and how one is ended by its id."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from desirepath.engine.access import Role
from desirepath.engine.refusal import Refusal


@dataclass(slots=True)
class Query:
    """One that runs. `mark` is its connection's, '' until it has one."""

    id: str
    role: Role
    mark: str = ""
    killed: bool = False
    _ended: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def end(self) -> None:
        """From here on a kill does nothing: the connection may be another query's."""
        with self._lock:
            self._ended = True

    def kill(self, by_mark: Callable[[str], None]) -> None:
        """End it: at once where it runs, before it begins where it does not yet."""
        with self._lock:
            self.killed = True
            if self.mark and not self._ended:
                by_mark(self.mark)


class Running:
    """All of them. Safe to share between threads."""

    def __init__(self, most: int, most_readers: int, by_mark: Callable[[str], None]) -> None:
        self._most, self._most_readers, self._by_mark = most, most_readers, by_mark
        self._changed = threading.Condition()
        self._queries: dict[str, Query] = {}
        self._refusing = False
        self.began = 0  #: queries since the start

    @contextmanager
    def registered(self, query_id: str, role: Role) -> Iterator[Query]:
        """Count a query while the block runs.

        Raises Refusal where there are too many, or one of that id runs already.
        """
        query = Query(query_id, role)
        with self._changed:
            if self._refusing:
                raise Refusal(202, "The engine is stopping; try again")
            if query_id in self._queries:
                raise Refusal(216, f"Query with id = {query_id[:64]} is already running")
            readers = sum(other.role is Role.READER for other in self._queries.values())
            if len(self._queries) >= self._most or (
                role is Role.READER and readers >= self._most_readers
            ):
                raise Refusal(
                    202,
                    f"Too many simultaneous queries. Maximum: {self._most},"
                    f" of readers: {self._most_readers}; try again",
                )
            self._queries[query_id] = query
            self.began += 1
        try:
            yield query
        finally:
            query.end()
            with self._changed:
                del self._queries[query_id]
                self._changed.notify_all()

    def kill(self, query_id: str, by: Role) -> bool:
        """End the query of that id; False where none runs, or not one that `by` may end."""
        with self._changed:
            query = self._queries.get(query_id)
        if query is None or (by is Role.READER and query.role is not Role.READER):
            return False
        query.kill(self._by_mark)
        return True

    def refuse(self) -> None:
        """From now on no query begins."""
        with self._changed:
            self._refusing = True

    def kill_all(self) -> None:
        """End every query."""
        with self._changed:
            queries = list(self._queries.values())
        for query in queries:
            query.kill(self._by_mark)

    def wait_until_none(self, seconds: float) -> bool:
        """True when nothing runs any more."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queries, seconds)
