"""The ledger of a crash run: which events were sent, and which the server said it has.

It lives outside everything that is killed, so it is the truth that the store is compared with.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Verdict:
    """How the store compares with the book. All but the first three must be 0."""

    sent: int
    acknowledged: int
    stored: int
    lost: int  # acknowledged, not stored
    twice: int  # stored more than once
    phantom: int  # stored, never sent

    @property
    def good(self) -> bool:
        """Nothing lost, nothing twice, no phantom."""
        return not (self.lost or self.twice or self.phantom)


@dataclass
class Book:
    """Every event id with whether it was acknowledged. Safe to share between threads."""

    acknowledged: dict[str, bool] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sending(self, ids: list[str]) -> None:
        """These go out now; whether they arrive is not known."""
        with self._lock:
            for one in ids:
                self.acknowledged.setdefault(one, False)

    def arrived(self, ids: list[str]) -> None:
        """The server answered 2xx."""
        with self._lock:
            self.acknowledged.update(dict.fromkeys(ids, True))

    def compare(self, stored: Mapping[str, int]) -> Verdict:
        """`stored`: event id → rows."""
        acknowledged = [one for one, yes in self.acknowledged.items() if yes]
        return Verdict(
            sent=len(self.acknowledged),
            acknowledged=len(acknowledged),
            stored=len(stored),
            lost=sum(one not in stored for one in acknowledged),
            twice=sum(rows > 1 for rows in stored.values()),
            phantom=sum(one not in self.acknowledged for one in stored),
        )
