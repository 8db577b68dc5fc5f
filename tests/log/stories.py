"""Drafts to write, and a way to read a whole log back."""

import random
from collections.abc import Iterable
from typing import NamedTuple

from desirepath.errors import LogCorrupt
from desirepath.log.base import Draft, Kind, Log, Record
from desirepath.log.sqlite import SqliteAppender


def draft(number: int, *, project: str = "default", size: int = 60) -> Draft:
    """Event `number`: no two are alike, and each says its number in every part of it."""
    body = b'{"number":%d,"filler":"' % number
    return Draft(
        project,
        Kind.EVENT,
        f"00000000-0000-4000-8000-{number:012d}",
        number % 2 == 0,
        202601 + number % 12,
        20270101 + number % 28,
        29_000_000 + number,
        1,
        f"person-{number},",
        body + random.Random(number).randbytes(size).hex().encode()[: max(0, size)] + b'"}',
    )


def drafts(first: int, count: int, *, size: int = 60) -> list[Draft]:
    return [draft(number, size=size) for number in range(first, first + count)]


def as_draft(record: Record) -> Draft:
    """What a record was before it had a place."""
    assert record.body is not None, record
    return Draft(*record[1:-1], body=record.body)


def blank(record: Record) -> bool:
    return record[1:] == ("", 0, "", False, 0, 0, 0, 1, "", None)


class Drained(NamedTuple):
    """All that a log gave: records by place, and the ranges that it said were lost."""

    records: dict[tuple[str, int], Record]
    lost: list[tuple[str, int, int]]

    def drafts(self) -> list[Draft]:
        """What was appended, for a log in which nothing may be damaged."""
        return [as_draft(record) for record in self.records.values()]

    def whole(self) -> list[Draft]:
        return [as_draft(record) for record in self.records.values() if record.body is not None]

    def is_lost(self, log_id: str, offset: int) -> bool:
        return any(log_id == one and first <= offset <= last for one, first, last in self.lost)


def drain(log: Log, *, records: int = 1000, size: int = 1 << 20) -> Drained:
    """Read everything there is, going on behind damage."""
    found: dict[tuple[str, int], Record] = {}
    lost: list[tuple[str, int, int]] = []
    for segment in log.segments():
        after, previous = segment.first - 1, -1
        while after > previous:
            previous = after
            damage = None
            try:
                got = log.read(segment.log_id, after, records=records, size=size)
            except LogCorrupt as exc:
                damage = exc
            if damage is not None:
                assert damage.log_id == segment.log_id
                assert damage.first == max(after + 1, segment.first)
                lost.append((segment.log_id, damage.first, damage.last))
                after = damage.last
                continue
            for record in got:
                assert record.offset == after + 1, "in order and without a gap"
                found[segment.log_id, record.offset] = record
                after = record.offset
        assert after == max(log.end(segment.log_id), segment.first - 1)
    return Drained(found, lost)


def crash(appender: SqliteAppender) -> None:
    """Stop as kill -9 would: nothing is flushed or checkpointed, the kernel frees the lock."""
    hot = appender._hot
    if hot is not None:
        hot._db.close(True)
    appender._owner.close()
    appender._stopped = "crashed"


def numbers(found: Iterable[Draft]) -> list[int]:
    return [int(one.event_id[-12:]) for one in found]
