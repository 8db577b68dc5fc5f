"""The log: events are safe here before anybody is told so.

The contract, for every backend:

1. `append` returns (or its future resolves) only when the records survive power loss.
   If it raises, the records may or may not be there: the caller says 503, the sender sends again.
2. A record is one event. Its place is (log_id, shard, offset). Within one log_id offsets only grow
   and are never used twice, not even after the last record was erased.
3. `log_id` is random. A log that is created, restored from a copy, or opened by a new owner writes
   under a new one, so a place never names two events.
4. A reader sees whole commits, in order, and never a record that could still vanish.
5. A record whose bytes changed on disk is handed out with `body=None`, never as if it were right
   and never left out. Where not even its place can be read, LogCorrupt says so.
6. A segment has no gaps: its offsets are first, first + 1, ... to its end.

What it does not promise: one order across shards, and that an event is in it only once.
"""

import asyncio
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple, Protocol


class Kind(IntEnum):
    """What a record is. Each record ends in exactly one class of the accounting."""

    EVENT = 0  # a row of `events`
    REFUSED = 1  # a row of `refused`: an event not taken, kept to be read back
    COUNTED = 2  # events refused without content (consent, rate): only their number is kept


class Draft(NamedTuple):
    """A record before it has a place."""

    project: str
    kind: int
    event_id: str  # Kind.EVENT: the UUID. Kind.REFUSED and COUNTED: the reason
    known: bool  # the client chose the id, so the same event may come again
    month: int  # yyyymm of its time: the store's partition
    day: int  # yyyymmdd on which it expires
    minute: int  # minutes since 1970 when it was received
    events: int  # how many it stands for: 1, or more for Kind.COUNTED
    person: str  # the actor, to find a person's records without decoding them
    body: bytes  # a line for the store; b"" for Kind.COUNTED


class Record(NamedTuple):
    """A record with its place. `body` is None where its checksum does not fit.

    The columns are right even then, or all blank ('', 0, events=1) where they changed too.
    """

    offset: int
    project: str
    kind: int
    event_id: str
    known: bool
    month: int
    day: int
    minute: int
    events: int
    person: str
    body: bytes | None


class Segment(NamedTuple):
    """A run of records under one log_id. Once `sealed` it never grows again."""

    log_id: str  # a UUID
    shard: int
    first: int  # the first offset it can hold
    sealed: bool
    bytes: int  # on disk


class Appender(Protocol):
    """The one writer of a shard. For one thread at a time."""

    def append(self, drafts: Sequence[Draft]) -> None:
        """Write `drafts` in order and return when they are durable.

        Raises LogFull or LogBroken (see point 1 above).
        """

    def close(self) -> None:
        """Finish what was begun and give the shard up."""


class Intake(Protocol):
    """The writing side for an event loop: many requests become durable at once."""

    def submit(
        self, drafts: Sequence[Draft], loop: asyncio.AbstractEventLoop
    ) -> "asyncio.Future[None]":
        """A future of `loop`: done when `drafts` are durable, else LogFull or LogBroken.

        Raises LogFull or LogBroken at once where waiting would be of no use.
        """

    def close(self, deadline: float) -> bool:
        """Write what waits, within `deadline` seconds; False where that was too short. Blocks."""


class Log(Protocol):
    """The reading side, for the loader and for whoever asks what is waiting."""

    # A segment that was trimmed meanwhile reads as an empty one; one that never was is NotFound.
    # LogBroken: the disk cannot be read now, try again.

    def segments(self) -> list[Segment]:
        """Every segment there is, oldest first within a shard."""

    def newest(self) -> dict[str, int]:
        """The last durable offset of the newest segment of every shard, by log_id.

        Equal to the answer before: nothing was written since. Cheap enough to ask many times a
        second. For comparing only: a segment may be named that was trimmed meanwhile.
        """

    def read(self, log_id: str, after: int, *, records: int, size: int) -> list[Record]:
        """At most `records` records or about `size` bytes of bodies, with offset > `after`.

        Empty only at the end. Raises LogCorrupt where the very next records cannot be read; its
        `last` is the `after` to go on with.
        """

    def end(self, log_id: str) -> int:
        """The last offset that was durably written; `first - 1` where there is none."""

    def waiting(self, log_id: str, after: int, until: int) -> Iterator[tuple[str, int, int]]:
        """(project, kind, events) with after < offset <= until, summed."""

    def trim(self, log_id: str) -> None:
        """Remove a sealed segment for good. Raises Locked where it may still be written."""

    def close(self) -> None:
        """Give back what reading holds open."""
