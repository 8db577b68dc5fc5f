"""The engine process, from its start to its end.

Exit codes: 0 stopped; 2 wrong options; 3 another process has the folder; 4 the port is taken;
5 the store could not be opened.
"""

import os
import shutil
import signal
import socket
import sys
import threading
from pathlib import Path

from desirepath.engine import configuration, lock, sandbox
from desirepath.engine.data import TEMPORARY
from desirepath.engine.library import load
from desirepath.engine.options import HOST, EngineOptions
from desirepath.engine.parent import die_with_parent
from desirepath.engine.server import Server
from desirepath.errors import DesirepathError, Locked


def run(options: EngineOptions) -> int:
    """Serve until SIGTERM or SIGINT. Does not return then, but ends the process with code 0."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if options.die_with_parent:
        die_with_parent()
    try:
        folder = options.data.absolute()
        lock.own(folder)
    except Locked as exc:
        return _fail(exc.message, 3)
    except DesirepathError as exc:
        return _fail(exc.message, 2)
    listening = _bind(options.port)
    if listening is None:
        return _fail(
            f"port {options.port} on {HOST} is taken: stop what listens there,"
            " or choose another with --port",
            4,
        )
    try:
        server = _open(folder, listening, options)
    except (RuntimeError, OSError, DesirepathError) as exc:
        return _fail(f"cannot open the store in {folder}: {exc}", 5)
    server.start()
    if not options.port:
        _say(f"listening on {HOST}:{listening.getsockname()[1]}")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    stop.wait()
    server.stop(options.stop_seconds)
    # Not an ordinary exit: destructors of chDB crash while connections are open. What was
    # answered is on disk.
    os._exit(0)


def _open(folder: Path, listening: socket.socket, options: EngineOptions) -> Server:
    os.environ["TZ"] = "UTC"
    os.chdir(folder)  # a relative path cannot hold a character that chDB would misread
    temporary = Path(TEMPORARY)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(mode=0o700)
    configuration.write(options)
    library = load()
    # Between loading and opening: chDB makes its threads when it opens the store.
    if options.sandbox and not sandbox.close(folder):
        _say("this system has no Landlock, so files and the network are not closed by the kernel")
    return Server(listening, library, options)


def _bind(port: int) -> socket.socket | None:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError:
        listening.close()
        return None
    return listening


def _fail(why: str, code: int) -> int:
    _say(why)
    return code


def _say(what: str) -> None:
    sys.stderr.write(f"desirepath engine: {what}\n")
    sys.stderr.flush()
