"""The chDB library, loaded lean.

`import chdb` imports pyarrow and numpy where they are installed (40 MB), and starts an engine in
memory to ask for its version. Neither is needed here, so the extension module is loaded from its
file, under its usual name.
"""

import ctypes
import importlib.util
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Protocol, cast

from desirepath.errors import Misconfigured

_RTLD_DEEPBIND = 8


class Result(Protocol):
    """What one statement answered, or cost."""

    def bytes(self) -> bytes: ...
    def rows_read(self) -> int: ...
    def rows_written(self) -> int: ...
    def bytes_written(self) -> int: ...
    def storage_rows_read(self) -> int: ...
    def storage_bytes_read(self) -> int: ...


class Class(Protocol):
    """READ_ONLY, MUTATING, MUTATING_GLOBAL, CONTROL or UNKNOWN."""

    name: str


class Connection(Protocol):
    """One session with the engine; runs one statement at a time, from any thread.

    SQL may be bytes: it is handed on as it is. Errors are RuntimeErrors with ClickHouse's text.
    """

    def query(
        self, query_str: str | bytes, format: str = ..., *, params: Mapping[str, str] = ...
    ) -> Result: ...
    def classify_query(self, sql: str | bytes) -> dict[str, object]: ...
    def close(self) -> None: ...


class Library(Protocol):
    """The extension module."""

    def connect(self, connection_string: str) -> Connection: ...
    def set_signal_handlers_enabled(self, enabled: int) -> None: ...


def load() -> Library:
    """Load chDB into this process. Afterwards it must never fork without exec."""
    found = importlib.util.find_spec("chdb")
    if found is None or not found.submodule_search_locations:
        raise Misconfigured("chDB is not installed: pip install chdb-core")
    package = ModuleType("chdb")
    package.__path__ = list(found.submodule_search_locations)
    package.__spec__ = found
    sys.modules["chdb"] = package
    if sys.platform == "linux":
        # As chdb does itself: its allocator must win over a libstdc++ loaded before.
        path = os.path.join(package.__path__[0], "_chdb.abi3.so")
        ctypes.CDLL(path, mode=sys.getdlopenflags() | _RTLD_DEEPBIND)
    library = cast(Library, import_module("chdb._chdb"))
    # Else SEGV, ABRT and others would print and hang instead of ending the process.
    library.set_signal_handlers_enabled(0)
    return library
