"""Which loader may still write.

A loader that was killed may have left an insert on its way: running, or read and not begun. The
next one says `hello` under a higher epoch. From then on nothing of a lower epoch begins, and the
`hello` is answered only when what had begun is over: no write of an old loader can land after it.

Query ids are `load.<epoch>.<anything>`, and `load.<epoch>.hello`. The epoch is kept in a file, for
a loader that sleeps through a restart of the engine. It counts for one write secret: with another
secret begins another count, and no older loader can write any more anyway.
"""

import hashlib
import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from desirepath.engine.refusal import Refusal

_ID = re.compile(r"load\.(\d{1,18})\.(.+)", re.DOTALL)

#: Seconds that `hello` lets older requests end by themselves.
PATIENCE = 2.0


class Fence:
    """One per engine. Safe to share between threads."""

    def __init__(self, path: Path, secret: str, kill: Callable[[str], object]) -> None:
        self._path, self._kill = path, kill
        # Not the secret: the file must not let anybody in.
        self._whose = hashlib.sha256(b"epoch of " + secret.encode()).hexdigest()
        self._changed = threading.Condition()
        self._inside: Counter[tuple[int, str]] = Counter()  # (epoch, query id) → how many
        self._epoch = self._read()

    @contextmanager
    def admitted(self, query_id: str) -> Iterator[None]:
        """Run inside what a writer asked for. Raises Refusal where a newer loader was here."""
        found = _ID.fullmatch(query_id)
        if found is None:
            yield
            return
        epoch = int(found[1])
        with self._changed:
            # Looking and entering are one step: whoever raises the epoch later sees us inside.
            if epoch < self._epoch:
                raise Refusal(
                    236,
                    f"A newer loader has taken over (epoch {self._epoch}); requests of epoch"
                    f" {epoch} are refused, and nothing of this one was written",
                )
            if epoch > self._epoch:
                self._write(epoch)
                self._epoch = epoch
            if found[2] == "hello":
                self._outlast(epoch)
            self._inside[epoch, query_id] += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside[epoch, query_id] -= 1
                if not self._inside[epoch, query_id]:
                    del self._inside[epoch, query_id]
                self._changed.notify_all()

    def _outlast(self, epoch: int) -> None:
        """Wait until nothing of a lower epoch is inside. The lock is given up meanwhile."""

        def older() -> list[str]:
            return [query_id for of, query_id in self._inside if of < epoch]

        while not self._changed.wait_for(lambda: not older(), PATIENCE):
            late = older()
            self._changed.release()
            try:
                for query_id in late:
                    self._kill(query_id)
            finally:
                self._changed.acquire()

    def _read(self) -> int:
        try:
            whose, _, epoch = self._path.read_text().partition(" ")
        except FileNotFoundError:
            return 0
        return int(epoch) if whose == self._whose and epoch.strip().isdecimal() else 0

    def _write(self, epoch: int) -> None:
        partial = self._path.with_suffix(".new")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{self._whose} {epoch}\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
