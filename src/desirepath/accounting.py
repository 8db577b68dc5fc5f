"""What became of every event: received = stored + duplicate + refused + waiting + expired + erased.

Exact at any moment, through crashes: what the loader has passed is in its ledger, in one
transaction with its positions; what it has not passed is counted in the log behind those positions.
"""

import time
from collections.abc import Callable

from msgspec import Struct

from desirepath.log.base import Kind, Log
from desirepath.log.ledger import Ledger, Sums


class Accounting(Struct, frozen=True, kw_only=True):
    """Events of one project since a moment. All are numbers of events."""

    project: str
    since: float | None  # Unix seconds, to the minute; None: since ever
    received: int
    stored: int
    duplicate: int
    refused: int
    refused_by_reason: dict[str, int]
    waiting: int
    expired: int
    erased: int


def account(
    log: Log,
    ledger: Ledger,
    project: str,
    since: float | None = None,
    clock: Callable[[], float] = time.time,
) -> Accounting:
    """The accounting of `project` now."""
    minute = int(since // 60) if since is not None else 0
    # The ends first: whatever the loader does meanwhile, a record up to here is either behind the
    # positions that are read next (then it waits) or in the tallies that are read with them.
    ends = {segment.log_id: log.end(segment.log_id) for segment in log.segments()}
    today = int(time.strftime("%Y%m%d", time.gmtime(clock())))
    sums, positions = ledger.sums(project, minute, today)
    waiting = _waiting(log, project, positions, ends)
    refused = sum(sums.refused.values())
    return Accounting(
        project=project,
        since=minute * 60 if since is not None else None,
        received=_passed(sums) + refused + waiting,
        stored=sums.stored,
        duplicate=sums.duplicate,
        refused=refused,
        refused_by_reason=sums.refused,
        waiting=waiting,
        expired=sums.expired,
        erased=sums.erased,
    )


def backlog(log: Log, ledger: Ledger) -> int:
    """Records of all projects that the loader has not passed."""
    positions = ledger.positions()
    return sum(
        max(0, log.end(s.log_id) - max(positions.get(s.log_id, 0), s.first - 1))
        for s in log.segments()
    )


def _passed(sums: Sums) -> int:
    return sums.stored + sums.duplicate + sums.expired + sums.erased


def _waiting(log: Log, project: str, positions: dict[str, int], ends: dict[str, int]) -> int:
    return sum(
        events
        for log_id, end in ends.items()
        for whose, kind, events in log.waiting(log_id, positions.get(log_id, 0), end)
        if whose == project and kind in (Kind.EVENT, Kind.REFUSED, Kind.COUNTED)
    )
