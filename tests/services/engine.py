"""A real engine process for the tests.

    with start_engine(folder) as engine:
        Store(engine.url)        # as the loader: may write
        Store(engine.read_url)   # as everybody else

`kill` ends it as a crash would; `start_engine` on the same folder finds all that was written.
"""

import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

START_SECONDS = 30.0
STOP_SECONDS = 20.0


class EngineHandle:
    """A running engine, and how to reach it."""

    def __init__(
        self, folder: Path, port: int, write_secret: str, read_secret: str, *arguments: str
    ) -> None:
        self.folder, self.port = folder, port
        self.host = "127.0.0.1"
        self.write_secret, self.read_secret = write_secret, read_secret
        self.errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed on exit)
        command = [sys.executable, "-m", "desirepath.engine"]
        command += ["--data", str(folder), "--port", str(port), *arguments]
        self.process = subprocess.Popen(
            command,
            env=os.environ
            | {
                "DESIREPATH_ENGINE_WRITE_SECRET": write_secret,
                "DESIREPATH_ENGINE_READ_SECRET": read_secret,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.errors,
        )
        self._await_ready()

    @property
    def pid(self) -> int:
        """The process."""
        return self.process.pid

    @property
    def url(self) -> str:
        """With the write secret; a database may follow: `f"{url}/desirepath"`."""
        return f"http://loader:{self.write_secret}@{self.host}:{self.port}"

    @property
    def read_url(self) -> str:
        """With the read secret."""
        return f"http://reader:{self.read_secret}@{self.host}:{self.port}"

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._ended()

    def kill(self) -> None:
        """SIGKILL: what a crash leaves."""
        if self.process.poll() is None:
            self.process.kill()
        self._ended()

    def said(self) -> str:
        """What it wrote on stderr so far."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self.errors.close()

    def _ended(self) -> int:
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the engine did not stop in {STOP_SECONDS} s") from None
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def _await_ready(self) -> None:
        out = self.process.stdout
        assert out is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if select.select([out], [], [], 0.1)[0]:
                line = out.readline()
                if line == b"ready\n":
                    return
                if not line:
                    break
        self.process.kill()
        self.process.wait()
        out.close()
        raise AssertionError(f"the engine did not start: {self.said()}")


def start_engine(
    folder: Path,
    *arguments: str,
    port: int = 0,
    write_secret: str = "",
    read_secret: str = "",
) -> EngineHandle:
    """Start an engine on `folder` and wait until it answers. Use as a context manager.

    Port 0 takes one that is free, secrets are random unless given; `arguments` go to its command
    line. Raises AssertionError with its own words where it does not start.
    """
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    return EngineHandle(
        folder,
        port,
        write_secret or secrets.token_urlsafe(32),
        read_secret or secrets.token_urlsafe(32),
        *arguments,
    )
