"""Log → store: each record ends in exactly one class, and each event is stored once.

The order in which a batch becomes durable, and what a crash between two steps leaves:

1. Read records behind the positions.
2. Ask the store who owns their ids; leave out events that another record brought first.
3. INSERT the rows, each with its place (log_id, shard, offset). From here reports see them.
4. INSERT their ids.
5. Move the positions and add up the accounting, in one transaction of the ledger.

A crash after 3 leaves rows that the positions do not cover. So after a start, and after any insert
whose outcome is unknown, the store is asked which places behind the positions it already has, and
only the missing rows are inserted. Before that question, `hello` makes sure that no insert of an
older loader can still land. Engine deduplication is never used: it loses rows (docs/decisions).
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
import structlog

from desirepath.errors import LogCorrupt, StoreRefused, Unavailable
from desirepath.log.base import Kind, Log, Record, Segment
from desirepath.log.ledger import Ledger, Tally
from desirepath.store import events as rows
from desirepath.store.client import Store
from desirepath.store.events import Place
from desirepath.store.refused_space import RefusedSpace

BATCH_RECORDS = 50_000
BATCH_BYTES = 32 << 20
#: Months in one INSERT: it writes a part for each, and ClickHouse refuses more than 100.
INSERT_MONTHS = 50
NOBODY = ""  # whose records are that cannot be read
CORRUPT = "corrupt"
STORE_REFUSED = "store_refused"  # a row that the store would not take: kept with the refused
KEEP_LOADED = 24 * 3600.0  # seconds a loaded segment stays, to compare with after an unclean stop

# Codes of ClickHouse that speak of the rows, not of the store: parsing, types, ranges, constraints.
_OF_THE_DATA = {
    *(6, 25, 26, 27, 38, 41, 53, 69, 70, 72, 117, 130, 131, 190, 321, 349, 376, 407, 467, 469),
}

_log = structlog.get_logger("desirepath.loader")


@dataclass(slots=True)
class _Row:
    record: Record
    place: Place
    line: bytes


@dataclass(slots=True)
class There:
    """What the store already has of the records behind the positions."""

    events: set[Place] = field(default_factory=set)
    refused: set[Place] = field(default_factory=set)
    owners: dict[tuple[str, str], Place] = field(default_factory=dict)


@dataclass(slots=True)
class _Batch:
    """What one pass found out about the records it read."""

    events: list[_Row] = field(default_factory=list)
    refused: list[_Row] = field(default_factory=list)
    ids: list[_Row] = field(default_factory=list)
    tallies: Counter[Tally] = field(default_factory=Counter)
    positions: dict[tuple[str, int], int] = field(default_factory=dict)

    def count(self, record: Record, cls: str, reason: str = "") -> None:
        day = record.day if cls == "stored" else 0
        self.tallies[Tally(record.project, record.minute, cls, reason, day)] += record.events


class Loader:
    """One per store folder. Not shared between threads."""

    def __init__(
        self, log: Log, store: Store, ledger: Ledger, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._log, self._store, self._ledger, self._clock = log, store, ledger, clock
        self.epoch = ledger.next_epoch(time.time())
        self._space = RefusedSpace(store)
        self._inserts = 0
        self._certain = False  # False: rows behind the positions may be stored already
        self._positions = ledger.positions()
        self.visible: dict[str, int] = dict(self._positions)

    def step(self, on_visible: Callable[[], None] | None = None) -> int:
        """Load one batch; return how many records were read. 0: nothing is waiting.

        `on_visible` is called once reports can see the batch, before it is booked.
        Raises Unavailable when the store is away: nothing is lost, call again later.
        """
        read = self._read()
        if not read:
            return 0
        there = There() if self._certain else self._reconcile(read)
        self._certain = False
        batch = self._sort(read, there)
        self._insert(batch, there)
        for (log_id, _), offset in batch.positions.items():
            self.visible[log_id] = offset
        if on_visible is not None:
            on_visible()
        if batch.ids:
            today = time.strftime("%Y-%m-%d", time.gmtime(self._clock()))
            rows.insert_ids(self._store, [_id_line(row, today) for row in batch.ids], self._next())
        self._ledger.advance(batch.positions, batch.tallies, self._clock())
        for (log_id, _), offset in batch.positions.items():
            self._positions[log_id] = offset
        self._certain = True
        return sum(len(records) for _, records in read)

    def ends(self) -> dict[str, int]:
        """log_id → the last offset that is durably in the log now."""
        found = {}
        for segment in self._log.segments():
            found[segment.log_id] = self._log.end(segment.log_id)
            self.visible.setdefault(segment.log_id, segment.first - 1)
        return found

    def tidy(self) -> None:
        """Note which sealed segments were read to their end; remove those of 24 hours ago."""
        finished, now = self._ledger.finished(), self._clock()
        for segment in self._loaded():
            if segment.log_id not in finished:
                self._ledger.finish(segment.log_id, segment.shard, now)
            elif now - finished[segment.log_id] > KEEP_LOADED:
                self._remove(segment)

    def make_room(self, needed: int) -> int:
        """Remove loaded segments, oldest first, until `needed` bytes are free; returns how many.

        A day of loaded events is good to have after a power cut. New events are better.
        """
        finished, freed = self._ledger.finished(), 0
        for segment in sorted(self._loaded(), key=lambda one: finished.get(one.log_id, math.inf)):
            if freed >= needed:
                break
            self._remove(segment)
            freed += segment.bytes
        return freed

    def _loaded(self) -> list[Segment]:
        return [one for one in self._log.segments() if one.sealed and not self._behind(one)]

    def _remove(self, segment: Segment) -> None:
        self._log.trim(segment.log_id)
        self._ledger.forget(segment.log_id)
        self._positions.pop(segment.log_id, None)
        self.visible.pop(segment.log_id, None)

    def _behind(self, segment: Segment) -> bool:
        return self._log.end(segment.log_id) > self._after(segment)

    def _after(self, segment: Segment) -> int:
        return max(self._positions.get(segment.log_id, 0), segment.first - 1)

    def _read(self) -> list[tuple[Segment, list[Record]]]:
        found, records, size = [], BATCH_RECORDS, BATCH_BYTES
        for segment in self._log.segments():
            after = self._after(segment)
            try:
                got = self._log.read(segment.log_id, after, records=records, size=size)
            except LogCorrupt as exc:
                self._pass_over(segment, exc)
                continue
            if got:
                found.append((segment, got))
                records -= len(got)
                size -= sum(len(record.body or b"") for record in got)
                if records <= 0 or size <= 0:
                    break
        return found

    def _pass_over(self, segment: Segment, exc: LogCorrupt) -> None:
        """Book records that cannot be read as lost, under no project: whose they were is not known.

        Stopping here instead would hold up every event behind them.
        """
        lost = exc.last - exc.first + 1
        _log.error("records of the log are damaged", lost=lost, error=exc.message)
        minute = int(self._clock() // 60)
        tallies = Counter({Tally(NOBODY, minute, "refused", CORRUPT, 0): lost})
        self._ledger.advance({(segment.log_id, segment.shard): exc.last}, tallies, self._clock())
        self._positions[segment.log_id] = self.visible[segment.log_id] = exc.last

    def _reconcile(self, read: Sequence[tuple[Segment, list[Record]]]) -> There:
        self._store.hello(f"load.{self.epoch}.hello")
        there, logs = There(), [segment.log_id for segment, _ in read]
        after = min(self._after(segment) for segment, _ in read)
        for row in rows.present_events(self._store, logs, after):
            place = (row.log_id, row.log_shard, row.log_offset)
            there.events.add(place)
            there.owners[row.project, row.digits] = place
        for row in rows.present_refused(self._store, logs, after):
            there.refused.add((row.log_id, row.log_shard, row.log_offset))
        if there.events or there.refused:
            found = len(there.events) + len(there.refused)
            _log.info("some of the batch was stored before", rows=found)
        return there

    def _sort(
        self,
        read: Iterable[tuple[Segment, list[Record]]],
        there: There,
    ) -> _Batch:
        batch, known = _Batch(), []
        for segment, records in read:
            for record in records:
                if record.body is None:
                    batch.count(record, "refused", CORRUPT)
                    _log.error("corrupt record", log_id=segment.log_id, offset=record.offset)
                elif record.kind == Kind.COUNTED:
                    batch.count(record, "refused", record.event_id)
                else:
                    place = (segment.log_id, segment.shard, record.offset)
                    row = _Row(record, place, rows.placed(place, record.project, record.body))
                    if row.place in there.refused and record.kind == Kind.EVENT:
                        batch.count(record, "refused", STORE_REFUSED)
                    elif record.kind == Kind.REFUSED:
                        batch.count(record, "refused", record.event_id)
                        row.line = self._space.fit(record.project, row.line)
                        batch.refused.append(row)
                    elif record.known:
                        known.append(row)
                    else:
                        batch.count(record, "stored")
                        batch.events.append(row)
            batch.positions[segment.log_id, segment.shard] = records[-1].offset
        self._leave_out_duplicates(batch, known, there.owners)
        return batch

    def _leave_out_duplicates(
        self, batch: _Batch, known: list[_Row], owned: dict[tuple[str, str], Place]
    ) -> None:
        if not known:
            return
        numbers = list({rows.number(row.record.event_id) for row in known})
        for owner in rows.owners(self._store, numbers):
            place = (owner.log_id, owner.log_shard, owner.log_offset)
            owned.setdefault((owner.project, owner.digits), place)
        for row in known:
            key = (row.record.project, rows.digits(row.record.event_id))
            # An id that this very record owns is no duplicate: it was begun before a crash.
            if owned.setdefault(key, row.place) == row.place:
                batch.count(row.record, "stored")
                batch.events.append(row)
                batch.ids.append(row)
            else:
                batch.count(row.record, "duplicate")

    def _insert(self, batch: _Batch, there: There) -> None:
        refused = [row for row in batch.refused if row.place not in there.refused]
        if refused:
            self._write(batch, refused, rows.insert_refused)
        missing = [row for row in batch.events if row.place not in there.events]
        for some in _by_months(missing):
            self._write(batch, some, rows.insert_events)

    def _write(
        self,
        batch: _Batch,
        some: Sequence[_Row],
        insert: Callable[[Store, Sequence[bytes], str], None],
    ) -> None:
        """Insert `some`; a row that the store will not take is halved out and set aside."""
        try:
            insert(self._store, [row.line for row in some], self._next())
        except StoreRefused as exc:
            if exc.store_code not in _OF_THE_DATA:
                raise Unavailable(f"the store refused an insert: {exc}", retry_after=5) from exc
            if len(some) > 1:
                middle = len(some) // 2
                self._write(batch, some[:middle], insert)
                self._write(batch, some[middle:], insert)
            else:
                self._set_aside(batch, some[0], exc)

    def _set_aside(self, batch: _Batch, row: _Row, exc: StoreRefused) -> None:
        _log.error("the store will not take a row", place=row.place, code=exc.store_code)
        record = row.record
        if record.kind == Kind.EVENT:
            batch.count(record, "refused", STORE_REFUSED)
            batch.tallies[Tally(record.project, record.minute, "stored", "", record.day)] -= 1
            batch.ids = [other for other in batch.ids if other is not row]
        rows.insert_refused(self._store, [_as_refused(row, exc)], self._next())

    def _next(self) -> str:
        self._inserts += 1
        return f"load.{self.epoch}.{self._inserts}"


def _by_months(some: Sequence[_Row]) -> Iterable[Sequence[_Row]]:
    months = sorted({row.record.month for row in some})
    if len(months) <= INSERT_MONTHS:
        if some:
            yield some
        return
    for start in range(0, len(months), INSERT_MONTHS):
        chosen = set(months[start : start + INSERT_MONTHS])
        yield [row for row in some if row.record.month in chosen]


def _as_refused(row: _Row, exc: StoreRefused) -> bytes:
    # The row holds what no column takes, so it goes along as text.
    log_id, shard, offset = row.place
    minute = row.record.minute * 60
    kept = {
        "project": row.record.project,
        "log_id": log_id,
        "log_shard": shard,
        "log_offset": offset,
        "reason": STORE_REFUSED,
        "message": f"ClickHouse code {exc.store_code}",
        "event_id_text": row.record.event_id,
        "received_at": minute,
        "expires_at": time.strftime("%Y-%m-%d", time.gmtime(minute + 8 * 86_400)),
        "body": (row.record.body or b"").decode(errors="replace"),
    }
    return msgspec.json.encode(kept)


def _id_line(row: _Row, today: str) -> str:
    log_id, shard, offset = row.place
    number = rows.number(row.record.event_id)
    return f"{row.record.project}\t{number}\t{log_id}\t{shard}\t{offset}\t{today}"
