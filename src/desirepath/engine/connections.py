"""chDB connections, lent for one query and kept for the next that is alike.

A connection is made for a role, a database and settings, and never lent for others: what one
request sets cannot reach the next. It is kept only after a statement that ended well and left
nothing behind. Making one costs 3 ms, lending one nothing.

Each carries a mark (`log_comment`) by which what runs on it can be found and killed.
"""

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from desirepath.engine.access import Role
from desirepath.engine.configuration import CONFIGURATION
from desirepath.engine.external import load_tables
from desirepath.engine.library import Connection, Library
from desirepath.engine.multipart import Table
from desirepath.engine.options import EngineOptions
from desirepath.engine.refusal import from_engine
from desirepath.engine.sql import named, quoted

_KEPT = 24


@dataclass(frozen=True, slots=True)
class Setup:
    """What a connection is made for."""

    role: Role
    database: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    before: tuple[bytes, ...] = ()  # statements that are run first: of a session


@dataclass(slots=True)
class Lent:
    """A connection on loan. `clean`: it may be lent again."""

    connection: Connection
    mark: str
    setup: Setup
    clean: bool = False


class Connections:
    """All connections of the process. Safe to share between threads."""

    def __init__(self, library: Library, options: EngineOptions) -> None:
        always = {
            "implicit_select": "0",
            "allow_introspection_functions": "0",
            "async_insert": "0",
            # On several threads one large insert is faster, and two small ones are slower.
            "input_format_parallel_parsing": "0",
        }
        if options.max_threads:
            always["max_threads"] = str(options.max_threads)
        self._where = f"store?config-file={CONFIGURATION}" + "".join(
            f"&{name}={value}" for name, value in always.items()
        )
        self._library = library
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Lent] = OrderedDict()  # mark → idle connection, oldest first
        self._own = library.connect(self._where)
        self._own_lock = threading.Lock()

    @contextmanager
    def lent(self, setup: Setup, tables: Sequence[Table] = ()) -> Iterator[Lent]:
        """A connection for `setup`, with external `tables`, while the block runs.

        Raises Refusal.
        """
        lent = self._make(setup, tables) if tables else self._lend(setup)
        try:
            yield lent
            if tables:
                lent.clean = False  # the tables are still on it
        finally:
            self._take_back(lent)

    def _lend(self, setup: Setup) -> Lent:
        with self._lock:
            for mark in reversed(self._kept):
                if self._kept[mark].setup == setup:
                    lent = self._kept.pop(mark)
                    lent.clean = False
                    return lent
        return self._make(setup)

    def _take_back(self, lent: Lent) -> None:
        closing = lent
        if lent.clean:
            with self._lock:
                self._kept[lent.mark] = lent
                if len(self._kept) <= _KEPT:
                    return
                closing = self._kept.popitem(last=False)[1]
        closing.connection.close()

    def kill(self, mark: str) -> None:
        """End what runs on the connection with this mark, if anything does."""
        self.ask(f"KILL QUERY WHERE Settings['log_comment'] = {quoted(mark)} ASYNC")

    @contextmanager
    def _described(self) -> Iterator[Callable[[str], bytes]]:
        with self.lent(Setup(Role.READER)) as lent:
            yield (
                lambda sql: (
                    lent.connection.query(sql, "JSONCompactEachRowWithNamesAndTypes").bytes() or b""
                )
            )

    def ask(self, sql: str) -> bytes:
        """Run a statement of the engine's own."""
        with self._own_lock:
            return self._own.query(sql, "TSV").bytes() or b""

    def _make(self, setup: Setup, tables: Sequence[Table] = ()) -> Lent:
        mark = f"engine-{next(self._numbers)}"
        try:
            connection = self._library.connect(f"{self._where}&log_comment={mark}")
        except RuntimeError as exc:
            raise from_engine(exc) from exc
        try:
            if setup.database:
                connection.query(f"USE {named(setup.database)}", "Null")
            if tables:
                # Described by a reader, who may be anybody; made before it becomes one.
                with self._described() as describe:
                    load_tables(connection, describe, tables)
            for said in setup.before:
                connection.query(said, "Null")
            for step in _steps(setup):
                connection.query(step, "Null")
        except RuntimeError as exc:
            connection.close()
            raise from_engine(exc) from exc
        return Lent(connection, mark, setup)


def _steps(setup: Setup) -> list[str]:
    steps = []
    if setup.settings:
        pairs = ", ".join(f"{name} = {quoted(value)}" for name, value in setup.settings)
        steps.append(f"SET {pairs}")
    steps.append(f"SET ROLE {setup.role.value}")
    if setup.role is Role.READER:
        # Last: nothing can be set after it, and it cannot be taken back.
        steps.append("SET readonly = 1")
    return steps
