"""Start, pin, count and stop the processes of a run: each by its own pid, none by its name."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil

STOP_SECONDS = 60.0


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Whatever this thread starts inside runs on `core` alone; None: anywhere."""
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {_there(core)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pin(pid: int, core: int) -> None:
    """Move a running process to `core`: every thread it has, and so those it will have."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), {_there(core)})


def start(
    command: Sequence[str],
    *,
    core: int | None = None,
    environment: dict[str, str] | None = None,
    stdout: int | IO[bytes] | None = None,
    stdin: int | None = subprocess.DEVNULL,
    stderr: int | IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command`, on `core` alone where one is given."""
    with on_core(core):
        return subprocess.Popen(
            command,
            env=os.environ | (environment or {}),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )


def stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, and SIGKILL where that does not help; gives its pipes back."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def cpu_seconds(pid: int) -> float:
    """CPU that a process has used so far, user and system; 0 where it has gone."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def memory(pid: int) -> dict[str, int]:
    """Bytes: `rss` counts what is shared in full, `pss` by how many share it."""
    found = psutil.Process(pid).memory_full_info()
    return {"rss": int(found.rss), "pss": int(found.pss)}


def last_lines(path: Path, lines: int = 20) -> str:
    """What a process wrote last, for an error message."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def _there(core: int) -> int:
    # On a machine with fewer cores: the last one.
    cores = sorted(os.sched_getaffinity(os.getpid()))
    return cores[min(core, len(cores) - 1)]
