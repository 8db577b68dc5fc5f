"""After an unclean stop: compare what was booked as stored with what the store has, and mend it.

Every insert is fsynced before it is booked, so nothing should ever be missing. But disks lie, and a
merge after a power cut may be torn (RELIABILITY of the store: docs/decisions/exactly-once.md). The
log keeps what was loaded for 24 hours, so whatever is missing of that can be put back.

One segment at a time, in moments when nothing else is to do. Duplicates and rows that were set
aside are missing on purpose and stay so. The accounting does not change: these rows were counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from desirepath.log.base import Kind, Log, Record, Segment
from desirepath.log.ledger import Ledger
from desirepath.store import events as rows
from desirepath.store.client import Store

READ_RECORDS = 20_000

_log = structlog.get_logger("desirepath.verify")


@dataclass(frozen=True, slots=True)
class Verified:
    """What one segment's comparison found."""

    log_id: str
    records: int
    restored: int


def verify(log: Log, store: Store, ledger: Ledger, epoch: int) -> Iterator[Verified]:
    """Compare and mend, a segment at each step. Call where no insert is under way."""
    positions = ledger.positions()
    for segment in log.segments():
        until = positions.get(segment.log_id, 0)
        if until >= segment.first:
            yield _verify(log, store, segment, until, epoch)


def _verify(log: Log, store: Store, segment: Segment, until: int, epoch: int) -> Verified:
    after, seen, restored = segment.first - 1, 0, 0
    logs = [segment.log_id]
    there = {row.log_offset for row in rows.present_events(store, logs, after)}
    there |= {row.log_offset for row in rows.present_refused(store, logs, after)}
    while after < until:
        records = log.read(segment.log_id, after, records=READ_RECORDS, size=64 << 20)
        if not records:
            break
        after = records[-1].offset
        seen += len(records)
        missing = [
            record
            for record in records
            if record.offset <= until
            and record.offset not in there
            and record.kind == Kind.EVENT
            and record.body is not None
        ]
        lost = _without_duplicates(store, segment, missing)
        if lost:
            lines = [
                rows.placed(_place(segment, one), one.project, one.body or b"") for one in lost
            ]
            rows.insert_events(store, lines, f"load.{epoch}.verify{after}")
            restored += len(lost)
    if restored:
        _log.error("rows were missing in the store and are back", restored=restored)
    return Verified(segment.log_id, seen, restored)


def _without_duplicates(store: Store, segment: Segment, missing: list[Record]) -> list[Record]:
    numbers = [rows.number(record.event_id) for record in missing if record.known]
    owned = {
        (owner.project, owner.digits): (owner.log_id, owner.log_shard, owner.log_offset)
        for owner in rows.owners(store, numbers)
    }
    lost: list[Record] = []
    for record in missing:
        place = _place(segment, record)
        key = (record.project, rows.digits(record.event_id))
        if not record.known or owned.setdefault(key, place) == place:
            lost.append(record)
    return lost


def _place(segment: Segment, record: Record) -> tuple[str, int, int]:
    return segment.log_id, segment.shard, record.offset
