"""Records out of one segment: in order, every one of them, or it is said which are missing.

The offsets of a segment have no gaps. So whatever SQLite hands out is compared with what must come
next, and nothing that damage makes it skip, repeat or move is skipped in silence.
"""

import apsw

from desirepath.log.base import Record
from desirepath.log.sqlite import checksum
from desirepath.log.sqlite.extent import DAMAGE

READ = """
SELECT offset, crc, project, kind, event_id, known, month, day, minute, events, person, body
FROM records WHERE offset > ? AND offset <= ? ORDER BY offset LIMIT ?
"""

IS_THERE = "SELECT offset FROM records WHERE offset = ?"

NEXT = "SELECT offset FROM records WHERE offset >= ? AND offset <= ? ORDER BY offset LIMIT 1"

WAITING = """
SELECT project, kind, sum(events) FROM records WHERE offset > ? AND offset <= ?
GROUP BY project, kind
"""


def read(
    db: apsw.Connection, after: int, end: int, *, records: int, size: int
) -> tuple[list[Record], int]:
    """What follows `after`, and how many offsets behind it cannot be read (0: no damage met).

    Stops before damage where something comes before it; the next call then meets it first.
    """
    found: list[Record] = []
    while records > len(found) and size > 0 and after + len(found) < end:
        expected = after + len(found) + 1
        taken = _run(db, expected, end, records - len(found), size)
        found += taken
        size -= sum(len(record.body or b"") for record in taken)
        if taken:
            continue
        # Nothing where something must be: text that cannot be decoded, or it is not there.
        if _is_there(db, expected):
            found.append(checksum.blank(expected))
        elif found:
            break
        else:
            return [], _next(db, expected + 1, end) - expected
    return found, 0


def _run(db: apsw.Connection, expected: int, end: int, records: int, size: int) -> list[Record]:
    # The records from `expected` on, up to the first sign of damage.
    found: list[Record] = []
    cursor = db.cursor()
    try:
        for row in cursor.execute(READ, (expected - 1, end, records)):
            if row[0] != expected:
                break
            record = checksum.checked(row)
            found.append(record)
            expected += 1
            size -= len(record.body or b"")
            if size <= 0:
                break
    except DAMAGE:
        return found
    finally:
        cursor.close(True)
    return found


def _is_there(db: apsw.Connection, offset: int) -> bool:
    try:
        return db.execute(IS_THERE, (offset,)).get is not None
    except DAMAGE:
        return False


def _next(db: apsw.Connection, start: int, end: int) -> int:
    # The lowest offset from `start` on that can be found; `end + 1` where there is none.
    # Damage takes a page of records or few, so: ever larger steps, then halving the last one.
    low = probe = start
    step = 1
    found = _find(db, probe, end)
    while found is None:
        if probe >= end:
            return end + 1
        low = probe + 1
        probe = min(probe + step, end)
        step *= 2
        found = _find(db, probe, end)
    while low < probe:
        middle = (low + probe) // 2
        lower = _find(db, middle, end)
        if lower is None:
            low = middle + 1
        else:
            probe, found = middle, lower
    return found


def _find(db: apsw.Connection, offset: int, end: int) -> int | None:
    try:
        found = db.execute(NEXT, (offset, end)).get
    except DAMAGE:
        return None
    # On a damaged page the search may end anywhere, on what it did not look for too.
    return found if isinstance(found, int) and offset <= found <= end else None
