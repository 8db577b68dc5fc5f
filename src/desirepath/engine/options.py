"""What the engine can be told, and its defaults.

Secrets come by environment, never by argument: arguments can be read by every user of a machine.
"""

import argparse
import ctypes
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
WRITE_SECRET = "DESIREPATH_ENGINE_WRITE_SECRET"
READ_SECRET = "DESIREPATH_ENGINE_READ_SECRET"

MiB = 1 << 20
GiB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """All sizes in bytes, all times in seconds. Port 0: one that is free."""

    data: Path
    port: int
    write_secret: str
    read_secret: str
    memory: int = GiB
    mark_cache: int = 64 * MiB
    max_threads: int = 0  # threads of one query; 0: as many as there are cores
    connections: int = 128  # open sockets
    queries: int = 32  # running at once
    reader_queries: int = 28  # of those, by readers: reports never keep the loader out
    stop_seconds: float = 10.0
    die_with_parent: bool = False
    sandbox: bool = True


def parse(arguments: Sequence[str]) -> EngineOptions:
    """Options from `arguments` and the environment; exits with code 2 where they make no sense."""
    parser = argparse.ArgumentParser(
        prog="desirepath.engine",
        description="The embedded store: ClickHouse's HTTP protocol on a loopback port.",
        epilog=f"Secrets are read from {WRITE_SECRET} and {READ_SECRET}.",
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder of the store; one process owns it")
    add("--port", type=int, required=True, help="loopback port; 0 for one that is free")
    add("--memory", type=int, default=GiB, help="most memory it may take, bytes (1 GiB)")
    add("--mark-cache", type=int, default=64 * MiB, help="cache of index marks, bytes (64 MiB)")
    add("--max-threads", type=int, default=0, help="threads of one query (as many as cores)")
    add("--stop-seconds", type=float, default=10.0, help="how long SIGTERM waits for queries (10)")
    add("--die-with-parent", action="store_true", help="end when the parent process ends")
    add("--no-sandbox", action="store_true", help="do not close the file system and the network")
    given = parser.parse_args(arguments)
    secrets = [_take(name) for name in (WRITE_SECRET, READ_SECRET)]
    if not all(secrets):
        parser.error(f"{WRITE_SECRET} and {READ_SECRET} must be set")
    if secrets[0] == secrets[1]:
        parser.error(f"{WRITE_SECRET} and {READ_SECRET} must differ")
    if not 0 <= given.port <= 65535:
        parser.error(f"--port {given.port}: a port is 0 to 65535")
    if given.memory < 256 * MiB:
        parser.error(f"--memory {given.memory}: ClickHouse needs at least {256 * MiB}")
    return EngineOptions(
        data=given.data,
        port=given.port,
        write_secret=secrets[0],
        read_secret=secrets[1],
        memory=given.memory,
        mark_cache=given.mark_cache,
        max_threads=given.max_threads,
        stop_seconds=given.stop_seconds,
        die_with_parent=given.die_with_parent,
        sandbox=not given.no_sandbox,
    )


def _take(name: str) -> str:
    """The value of an environment variable, and not a trace of it left in the process.

    `/proc/<pid>/environ` is the memory that the environment was given in.
    """
    value = os.environ.get(name, "")
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    place = libc.getenv(name.encode())
    if place:
        ctypes.memset(place, ord("x"), len(value.encode()))
    os.environ.pop(name, None)
    return value
