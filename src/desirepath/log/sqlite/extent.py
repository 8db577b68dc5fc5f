"""From which offset to which a segment goes, learned from what does not change together.

Where a segment begins stands in its own `segment` row, and where it ends follows from where the
next one begins. What is left to look at is the last segment of a shard that nobody owns: its
board says how far it was acknowledged, its records how far it was written.

An end is never too low. Where a file contradicts itself it is too high, and reading then says
which records are missing.
"""

from collections.abc import Sequence
from typing import NamedTuple

import apsw

from desirepath.log.sqlite import schema
from desirepath.log.sqlite.board import Notice
from desirepath.log.sqlite.files import SegmentFile

#: What SQLite, or reading its answer, says of damaged content. Not: that the disk cannot be read.
DAMAGE = (
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.SQLError,
    apsw.FormatError,
    apsw.MismatchError,
    apsw.TooBigError,
    apsw.NoMemError,
    UnicodeDecodeError,
)

#: No record takes less on disk, so a file of n bytes holds at most n / this.
_SMALLEST_RECORD = 20


class Extent(NamedTuple):
    """The offsets of a segment: `first` to `end`; `end` is `first - 1` where it has none."""

    first: int
    end: int


def extent(
    chain: Sequence[SegmentFile], at: int, notice: Notice | None, *, growing: bool = False
) -> Extent:
    """How far `chain[at]` goes; `chain` are the segments of its shard.

    `growing`: the last of them may still be written.

    Raises apsw.Error where the disk, not the content, is at fault.
    """
    file = chain[at]
    if notice is not None and notice.log_id != file.log_id:
        notice = None
    first, lowest, highest, sequence = _look(file, live=growing and at + 1 == len(chain))
    if first is None:
        first = lowest
    if first is None:
        first = _end_before(chain, at) + 1
    if notice is not None and notice.final:
        return Extent(first, notice.end)
    if at + 1 < len(chain):
        follows = _look(chain[at + 1], live=growing and at + 2 == len(chain))[0]
        if follows is not None:
            return Extent(first, follows - 1)
    # A damaged offset can be any number; one that the file has no room for is not believed.
    limit = first + file.size() // _SMALLEST_RECORD
    if notice is not None:
        found = [notice.end if highest is None else highest]
    else:
        found = [limit if end is None else end for end in (highest, sequence)]
    end = max((end for end in found if end <= limit), default=limit)
    return Extent(first, max(end, first - 1, notice.end if notice else 0))


def is_whole(chain: Sequence[SegmentFile], at: int, notice: Notice | None) -> bool:
    """`chain[at]` holds records up to its end: nothing at its end is known to be missing."""
    highest = _look(chain[at], live=False)[2]
    return highest is not None and highest >= extent(chain, at, notice).end


def _end_before(chain: Sequence[SegmentFile], at: int) -> int:
    try:
        return extent(chain, at - 1, None).end if at else 0
    except apsw.CantOpenError:  # trimmed meanwhile
        return 0


def _look(
    file: SegmentFile, *, live: bool
) -> tuple[int | None, int | None, int | None, int | None]:
    # Where the file says that it begins, its lowest and highest offset, and how far its sequence
    # went. None: this cannot be read. Without records the highest is the one before the first.
    first: int | None = None
    lowest = highest = sequence = None
    try:
        db = schema.open_reading(file.path, settled=not live and file.wal_bytes() == 0)
    except DAMAGE:
        return None, None, None, None
    try:
        try:
            identity = schema.identity(db)
            first = identity.first if identity else None
        except DAMAGE:
            first = None
        try:
            lowest, highest = db.execute("SELECT min(offset), max(offset) FROM records").get
            if highest is None and first is not None:
                highest = first - 1
        except DAMAGE:
            lowest = highest = None
        try:
            sequence = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'records'").get
            if sequence is None:
                sequence = highest
        except DAMAGE:
            sequence = None
    finally:
        db.close()
    return first, _number(lowest), _number(highest), _number(sequence)


def _number(found: object) -> int | None:
    return found if isinstance(found, int) else None
