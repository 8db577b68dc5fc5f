"""The embedded store: chDB (ClickHouse as a library) behind ClickHouse's own HTTP protocol.

    python -m desirepath.engine --data DIR --port N

One process, one folder, loopback only. Everyone else talks HTTP to it, as to any ClickHouse
server (docs/engine.md); nothing else in desirepath imports chDB. This package imports nothing of
the rest, so that the process stays small.
"""

from desirepath.engine.options import EngineOptions
from desirepath.engine.process import run

__all__ = ["EngineOptions", "run"]
