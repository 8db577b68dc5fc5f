"""Read-your-writes: a report waits until what was accepted before it can be seen.

The reader rings the loader's bell and waits at most as long as it was told. When the loader is not
there, how much is missing is counted in the log itself, so `meta.waiting` is never a guess.
"""

from desirepath import accounting
from desirepath.bell import ring
from desirepath.folder import Folder
from desirepath.log.base import Log
from desirepath.log.ledger import Ledger


class Freshness:
    """One per process that reads."""

    def __init__(self, folder: Folder, log: Log, ledger: Ledger) -> None:
        self._folder, self._log, self._ledger = folder, log, ledger

    def wait(self, patience_ms: int) -> int:
        """Wait until everything is visible; return how many records are not (0: all is)."""
        run = self._folder.run()
        if run is not None:
            waiting = ring(run.bell_port, run.bell_secret, patience_ms)
            if waiting is not None:
                return waiting
        return accounting.backlog(self._log, self._ledger)
