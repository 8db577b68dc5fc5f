"""How much of a project's refused events is kept: 100 MB of content, then only their reasons."""

import time
from collections.abc import Callable

import msgspec
from msgspec import Struct

from desirepath.store.client import Store

MOST_BYTES = 100_000_000
LOOK_EVERY = 60.0  # seconds: what has expired makes room again

_SQL = """
SELECT project, sum(length(body)) AS bytes FROM refused WHERE expires_at > today() GROUP BY project
"""


class _Kept(Struct):
    project: str
    bytes: int


class RefusedSpace:
    """Says for each refused event whether its content may be kept."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._kept: dict[str, int] = {}
        self._looked = -LOOK_EVERY

    def fit(self, project: str, line: bytes) -> bytes:
        """`line`, or `line` without its content where the project has used its space up."""
        if self._clock() - self._looked >= LOOK_EVERY:
            self._kept = {row.project: row.bytes for row in self._store.rows(_SQL, _Kept).data}
            self._looked = self._clock()
        kept = self._kept.get(project, 0) + len(line)
        if kept <= MOST_BYTES:
            self._kept[project] = kept
            return line
        row = msgspec.json.decode(line)
        row.pop("body", None)
        return msgspec.json.encode(row)
