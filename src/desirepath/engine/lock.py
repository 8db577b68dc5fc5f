"""One process per data folder, forever.

The lock is the kernel's (`flock` on `engine.lock`): it is free the moment its owner is dead,
however it died. It is taken before chDB sees the folder, whose own lock answers vaguely.
"""

import fcntl
import os
from pathlib import Path

from desirepath.errors import Locked, Misconfigured

NAME = "engine.lock"


def own(folder: Path) -> int:
    """Make `folder`, and own it until this process ends; returns the lock's descriptor.

    Raises Locked where another process has it, Misconfigured where it cannot be made.
    """
    path = folder / NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        raise Misconfigured(
            f"cannot use {folder} as the store's folder: {exc.strerror}; choose another with --data"
        ) from exc
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(lock, 32).decode(errors="replace").strip() or "unknown"
        os.close(lock)
        raise Locked(
            f"{folder} is in use by the engine process {owner}:"
            f" stop it first (kill {owner}), or choose another folder with --data"
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock
