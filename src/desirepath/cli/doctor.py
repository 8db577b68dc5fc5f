"""`desirepath doctor`: looks at everything an installation needs, and says what to do."""

import shutil
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from typing import NamedTuple

import apsw
import typer
from rich.console import Console

from desirepath import accounting
from desirepath.cli.options import Data
from desirepath.errors import DesirepathError
from desirepath.folder import Folder
from desirepath.installation import Installation, open_folder
from desirepath.log.ledger import Ledger
from desirepath.log.sqlite import SqliteLog
from desirepath.settings import Settings, load_settings
from desirepath.store.health import health

_BACKLOG = 1_000_000  # records; more than a minute's work
_SKEW = 5.0  # seconds between two clocks of one machine


class Finding(NamedTuple):
    """One thing that was looked at."""

    good: bool
    what: str
    advice: str = ""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(data: Data = None) -> None:
    """Check versions, disk, backlog, clock and store. Exit code 1 where something is wrong."""
    settings = load_settings(data=data)
    folder = Folder(settings.data)
    out = Console(highlight=False)
    bad = 0
    for finding in examine(folder, settings):
        out.print(("ok    " if finding.good else "WRONG ") + finding.what, soft_wrap=True)
        if not finding.good:
            bad += 1
            out.print(f"      {finding.advice}", soft_wrap=True)
    raise typer.Exit(1 if bad else 0)


def examine(folder: Folder, settings: Settings) -> Iterator[Finding]:
    """Every finding, cheapest first."""
    yield _versions()
    yield _disk(folder, settings)
    if not folder.root.exists():
        yield Finding(True, f"{folder.root} does not exist yet: `desirepath serve` makes it")
        return
    yield Finding(True, "a server runs" if folder.owned() else "no server runs")
    log, ledger = SqliteLog(folder.log), Ledger(folder.ledger)
    yield _log(log, settings)
    yield _backlog(log, ledger)
    yield from _store(settings, log, ledger)


def _versions() -> Finding:
    parts = ", ".join(f"{name} {version(name)}" for name in ("desirepath", "chdb-core", "granian"))
    text = f"Python {sys.version.split()[0]}, {parts}, SQLite {apsw.sqlite_lib_version()}"
    return Finding(sys.version_info >= (3, 11), text, "Python 3.11 or newer is needed")


def _disk(folder: Folder, settings: Settings) -> Finding:
    place = next(path for path in (folder.root, *folder.root.parents) if path.exists())
    free = shutil.disk_usage(place).free
    return Finding(
        free > 2 * settings.log_reserve_bytes,
        f"{free / 2**30:.1f} GiB are free on the disk of {folder.root}",
        f"below {settings.log_reserve_bytes / 2**20:.0f} MiB events get 503: make room",
    )


def _log(log: SqliteLog, settings: Settings) -> Finding:
    size = sum(segment.bytes for segment in log.segments())
    return Finding(
        size < 0.8 * settings.log_cap_bytes,
        f"the log takes {size / 2**20:.1f} MiB of {settings.log_cap_bytes / 2**20:.0f} MiB",
        "raise DESIREPATH_LOG_CAP_BYTES, or find out why the loader does not keep up",
    )


def _backlog(log: SqliteLog, ledger: Ledger) -> Finding:
    waiting = accounting.backlog(log, ledger)
    return Finding(
        waiting < _BACKLOG,
        f"{waiting:,} records wait to be loaded",
        "the store is too slow or away; the server's lines say which",
    )


def _store(settings: Settings, log: SqliteLog, ledger: Ledger) -> Iterator[Finding]:
    try:
        with open_folder(settings.data) as installation:
            yield _clock(installation)
            yield _sums(installation, log, ledger)
            yield _parts(installation)
    except DesirepathError as exc:
        yield Finding(False, f"the store cannot be asked: {exc.message}", "start the server")


def _clock(installation: Installation) -> Finding:
    skew = abs(health(installation.store).now - time.time())
    return Finding(
        skew < _SKEW,
        f"the store's clock and this one differ by {skew:.1f} s",
        "set both by NTP: reports end at the store's idea of today",
    )


def _parts(installation: Installation) -> Finding:
    found = health(installation.store)
    return Finding(
        found.detached == 0 and found.parts < 1000,
        f"{found.events:,} events in {found.parts} parts, {found.bytes / 2**20:.1f} MiB,"
        f" {found.detached} parts set aside",
        "a part that was set aside is damaged: restore it from a backup",
    )


def _sums(installation: Installation, log: SqliteLog, ledger: Ledger) -> Finding:
    installation.fresh()
    stored = 0
    for project in installation.control.list_projects():
        stored += accounting.account(log, ledger, project.id).stored
    found = health(installation.store).unexpired
    return Finding(
        stored == found,
        f"the accounting says {stored:,} events are stored, the store has {found:,}",
        "if they came in while this ran, run it again; else keep the folder and report it",
    )
