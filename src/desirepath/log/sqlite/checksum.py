"""The checksum of a record: one part for its columns, one for its body.

Kept in one integer, so that a record whose body is damaged still says whose it was, and what it
counts for. The columns' part is 30 bits, the whole's 32: with the offset added (at most 2^53)
it stays inside SQLite's 63.
"""

from collections.abc import Iterable
from struct import Struct, error
from typing import Any
from zlib import crc32

from desirepath.log.base import Draft, Record

_numbers = Struct("<6q").pack
_BODY = 32
_HEAD_MASK = 0x3FFF_FFFF
_BODY_MASK = 0xFFFF_FFFF


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
        crc = (head & _HEAD_MASK) << _BODY | crc32(body, head)
        size += len(text) + len(body)
        values += (project, kind, event_id, known, month, day, minute, events, person, body, crc)
    return values, size


def checked(row: tuple[Any, ...]) -> Record:
    """The record of a row; without its body where that changed, blank where more did."""
    offset, project, kind, event_id, known, month, day, minute, events, person, body, crc = row
    try:
        text = f"{project}\0{event_id}\0{person}".encode()
        head = crc32(_numbers(kind, known, month, day, minute, events), crc32(text))
        found = crc - offset
        if found >> _BODY != head & _HEAD_MASK:
            return blank(offset)
        fits = found & _BODY_MASK == crc32(body, head)
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
