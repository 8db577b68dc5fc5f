"""The checksum of a record: one part for its columns, one for the whole.

Both are kept in one integer, so that a record whose body is damaged still says whose it was, and
what it counts for. The place is added to both when the record is written, so one that turns up
under another offset does not fit. The upper part is 30 bits: it stays inside SQLite's 63.
"""

from collections.abc import Iterable
from struct import Struct, error
from typing import Any
from zlib import crc32

from desirepath.log.base import Draft, Record

_numbers = Struct("<6q").pack
_UPPER = 32
_HEAD_MASK = (1 << 30) - 1
_WHOLE_MASK = (1 << 32) - 1

#: What is stored is the checksum plus offset % PLACES * IN_BOTH. The largest prime of 30 bits, so
#: that every bit of an offset shows.
PLACES = 1_073_741_789
IN_BOTH = (1 << _UPPER) + 1


def flatten(drafts: Iterable[Draft]) -> tuple[list[Any], int]:
    """The columns of all `drafts` in one list, each with its checksum; and their size in bytes.

    Raises (TypeError, ValueError, struct.error) for a draft that the log could not keep as it
    is, before it is in a transaction with others.
    """
    values: list[Any] = []
    size = 0
    for project, kind, event_id, known, month, day, minute, events, person, body in drafts:
        text = f"{project}\0{event_id}\0{person}".encode()
        head = crc32(_numbers(kind, known, month, day, minute, events), crc32(text))
        crc = (head & _HEAD_MASK) << _UPPER | crc32(body, head)
        size += len(text) + len(body)
        values += (crc, project, kind, event_id, known, month, day, minute, events, person, body)
    return values, size


def checked(row: tuple[Any, ...]) -> Record:
    """The record of a row; without its body where that changed, blank where more did."""
    offset, crc, project, kind, event_id, known, month, day, minute, events, person, body = row
    try:
        text = f"{project}\0{event_id}\0{person}".encode()
        head = crc32(_numbers(kind, known, month, day, minute, events), crc32(text))
        found = crc - offset % PLACES * IN_BOTH
        if found >> _UPPER != head & _HEAD_MASK:
            return blank(offset)
        fits = found & _WHOLE_MASK == crc32(body, head)
    except (TypeError, ValueError, error):  # a damaged column may be of any type
        return blank(offset)
    return Record(
        offset,
        project,
        kind,
        event_id,
        known == 1,
        month,
        day,
        minute,
        events,
        person,
        body if fits else None,
    )


def blank(offset: int) -> Record:
    """A record of which nothing but its place can be believed."""
    return Record(offset, "", 0, "", False, 0, 0, 0, 1, "", None)
