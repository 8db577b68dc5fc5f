"""One import: read, ingest, append, note down; over and over, in bounded memory.

The order in which things become durable, for each batch of lines:

1. the log has the batch (`append` returned),
2. the state says so (`Place.write`).

A kill before 1 loses nothing that was promised; between 1 and 2 the batch comes again with the same
ids and counts once. What is drawn by lot (the salt) is noted down before its first use, so a line
gets the same pseudonym and the same session when it comes again.
"""

import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct

from desirepath.cli.importing.kinds import Kind, Reader, kind_of, reader_of
from desirepath.cli.importing.repeats import Mark, Repeats
from desirepath.cli.importing.source import Source
from desirepath.cli.importing.state import (
    HEAD,
    Options,
    Place,
    State,
    Totals,
    digest_of,
    forget_salts,
)
from desirepath.cli.importing.visits import Visits
from desirepath.errors import Invalid, Malformed, Unavailable
from desirepath.formats.base import Item
from desirepath.formats.csv_rows import Row
from desirepath.formats.log_text import address
from desirepath.ingest import recognise
from desirepath.ingest.base import Hit
from desirepath.ingest.base import Place as Location
from desirepath.intake import take
from desirepath.log.base import Appender, Draft
from desirepath.model import ids
from desirepath.model.event import Event
from desirepath.model.project import Project

AUTO = "auto"
BATCH = 2000  # drafts appended at once
PATIENCE = 300.0  # seconds to wait for a log that is full
_HITS_KEPT = 16_384  # visitors whose user agent and place are not worked out again
_NOTING_SHARE = 20  # writing the state takes at most one twentieth of the time


class Progress(Struct, frozen=True):
    """How far an import is."""

    done: int  # bytes of the file, on disk where `total` is known
    total: int | None
    lines: int  # read by this run
    seconds: float  # that this run took until now


class Summary(Struct, frozen=True):
    """What an import did. `totals` are of all its runs, and begin at 0 when a log has grown."""

    path: str
    kind: str
    totals: Totals
    lines: int  # read by this run; 0: there was nothing new
    resumed_at: int  # lines that an earlier run had read; 0: from the beginning
    seconds: float  # of this run


def run_import(
    path: str,
    *,
    project: Project,
    appender: Appender,
    folder: Path,
    kind: str = AUTO,
    host: str = "",
    include_static: bool = False,
    label: str = "",
    again: bool = False,
    locate: Callable[[str], Location] | None = None,
    progress: Callable[[Progress], None] | None = None,
    batch: int = BATCH,
    patience: float = PATIENCE,
) -> Summary:
    """Import the file `path` (`-`: standard input) into `project`.

    `folder` keeps the states of imports. `host` and `include_static` are for access logs; `label`
    tells the logs of several servers apart, whose equal lines are then different requests. A file
    that was imported before goes on where it ended; `again` begins anew (what is still known by its
    id counts once). Standard input cannot be gone on with: it is sent again from the beginning.

    Raises Invalid (no such file, no known format, other options than it was begun with), Malformed
    (damaged gzip, after every line before), Locked, and Unavailable where the log stays full for
    `patience` seconds. After each of them the same call goes on.
    """
    with ExitStack() as opened:
        source = opened.enter_context(Source(path))
        if kind == AUTO:
            kind = kind_of(source.head, path) if source.head.strip() else Kind.ACCESS_LOG
        options = Options(kind, host, include_static, label)
        place = None
        if source.seekable:
            forget_salts(folder, time.time())
            place = opened.enter_context(Place(folder, project.id, Path(path)))
        state = _begun(source, place, options, project, again=again)
        if state.finished_at is not None and source.size == state.size:
            return Summary(path, kind, state.totals, lines=0, resumed_at=state.number, seconds=0.0)
        reader = reader_of(options, source.head)
        run = _Run(source, reader, state, place, project, appender, locate, progress)
        return run.go(batch, patience)


def _begun(
    source: Source, place: Place | None, options: Options, project: Project, *, again: bool
) -> State:
    """The state to go on from, or a new one."""
    found = place.read() if place is not None and not again else None
    if found is not None and found.is_of(source):
        if found.options != options:
            raise Invalid(
                f"{source.path} was imported, or begun, with other options"
                f" ({_told(found.options)}); give the same ones, or --again to begin anew",
                field="options",
            )
        return found
    head = source.head[:HEAD]
    return State(
        path=source.path,
        project=project.id,
        options=options,
        head_length=len(head),
        head_digest=digest_of(head),
        size=0,
        marks=[Mark(0, 0), Mark(0, 0)],
    )


def _told(options: Options) -> str:
    told = [f"--format {options.kind}"]
    told += [f"--host {options.host}"] if options.host else []
    told += ["--include-static"] if options.include_static else []
    told += [f"--label {options.label}"] if options.label else []
    return " ".join(told)


class _Run:
    """One run over one file."""

    def __init__(
        self,
        source: Source,
        reader: Reader,
        state: State,
        place: Place | None,
        project: Project,
        appender: Appender,
        locate: Callable[[str], Location] | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._source, self._reader, self._state, self._place = source, reader, state, place
        self._project, self._appender = project, appender
        self._locate, self._progress = locate, progress
        if state.finished_at is not None:  # and the file has grown since
            state.totals, state.finished_at = Totals(), None
        if not state.salt:
            state.salt, state.open = secrets.token_hex(32), {}
        self._salt = bytes.fromhex(state.salt)
        self._visits = Visits(self._salt, state.open)
        self._hits: dict[tuple[str, str], tuple[Hit, str]] = {}
        self._drafts: list[Draft] = []
        self._end = Mark(state.offset, state.number)
        self._lines = 0
        self._started = time.monotonic()
        self._now = time.time()
        self._note_at = 0.0

    def go(self, batch: int, patience: float) -> Summary:
        """Read to the end."""
        state = self._state
        resumed_at = state.number
        state.size = self._source.size or 0
        self._note(force=True)  # the salt, before its first use
        repeats = Repeats(state.marks[0])
        try:
            for row in self._reader.rows(self._source, *state.marks[0]):
                end = Mark(row.end, row.number + row.raw.count(b"\n"))
                if not row.raw.strip():
                    self._end = end
                    continue
                digest, count = repeats.count(row.raw, end)
                if row.end <= state.offset:
                    continue  # only counted: an earlier run had it
                self._take(row, f"import\0{state.options.label}\0{digest.hex()}\0{count}")
                self._end = end
                if len(self._drafts) >= batch:
                    self._append(repeats, patience)
        except Malformed:
            self._append(repeats, patience)
            self._note(force=True)
            raise
        self._append(repeats, patience)
        state.finished_at = self._now
        state.salt, state.open = "", {}
        self._note(force=True)
        return Summary(
            path=self._source.path,
            kind=state.options.kind,
            totals=state.totals,
            lines=self._lines,
            resumed_at=resumed_at,
            seconds=time.monotonic() - self._started,
        )

    def _take(self, row: Row, name: str) -> None:
        read = self._reader.read(row, ids.named(self._project.id, name))
        hit, visitor = self._hit(read.ip, read.user_agent)
        self._lines += 1
        self._state.totals.lines += 1
        for item in read.items:
            if self._reader.has_visits and isinstance(item.row, Event):
                item.row.session_id = self._visits.session(visitor, item.row.time)
            self._take_one(item, hit)

    def _take_one(self, item: Item, hit: Hit) -> None:
        totals, event = self._state.totals, item.row
        taken = take([item], hit, self._reader.steps)
        self._drafts += taken.drafts
        for refusal in taken.rejected:
            totals.refused[refusal.reason] = totals.refused.get(refusal.reason, 0) + 1
        if not taken.accepted or not isinstance(event, Event):
            return
        totals.accepted += 1
        if event.bot:
            totals.bots[event.bot_name] = totals.bots.get(event.bot_name, 0) + 1
        if totals.first is None or event.time < totals.first:
            totals.first = event.time
        if totals.last is None or event.time > totals.last:
            totals.last = event.time

    def _hit(self, ip: str, user_agent: str) -> tuple[Hit, str]:
        found = self._hits.get((ip, user_agent))
        if found is None:
            hit = Hit(
                project=self._project,
                received_at=self._now,
                ip=ip,
                user_agent=user_agent,
                salt=self._salt,
                live=False,
                locate=self._locate if address(ip) else None,
            )
            recognise(hit)
            if len(self._hits) >= _HITS_KEPT:
                self._hits.clear()
            found = self._hits[ip, user_agent] = (hit, self._visits.visitor(ip, user_agent))
        found[0].received_at = self._now
        return found

    def _append(self, repeats: Repeats, patience: float) -> None:
        deadline = time.monotonic() + patience
        while self._drafts:
            try:
                self._appender.append(self._drafts)
                break
            except Unavailable as exc:
                # The log is full until the loader has moved on, or the disk until somebody has.
                left = deadline - time.monotonic()
                if left <= 0:
                    raise
                time.sleep(min(exc.retry_after, left))
        self._drafts = []
        self._now = time.time()
        self._state.offset, self._state.number = self._end
        self._state.marks = repeats.marks
        self._note()
        if self._progress is not None:
            seconds = time.monotonic() - self._started
            source = self._source
            self._progress(Progress(source.done, source.size, self._lines, seconds))

    def _note(self, *, force: bool = False) -> None:
        before = time.monotonic()
        if self._place is None or (before < self._note_at and not force):
            return
        self._place.write(self._state)
        after = time.monotonic()
        self._note_at = after + (after - before) * _NOTING_SHARE
