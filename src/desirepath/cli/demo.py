"""`desirepath demo`: a server with a project full of plausible visits, made through real ingest."""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from desirepath import place, server
from desirepath.cli.serve import announce
from desirepath.demo import Crowd, addresses_in, feed
from desirepath.folder import Folder, Run
from desirepath.ingest.base import Place
from desirepath.log.sqlite import claim
from desirepath.logs import configure
from desirepath.model.project import DEFAULT_PROJECT, Role
from desirepath.projects.control import Control
from desirepath.settings import Settings, load_settings

EVENTS = 50_000
DAYS = 30
_DONE = "demo.filled"  # in the data folder: it was filled, do not do it again


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    data: Annotated[Path, typer.Option(help="The data folder.")] = Path("demo-data"),
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    events: Annotated[int, typer.Option(min=100, help="About how many.")] = EVENTS,
    seed: Annotated[int, typer.Option(help="The same seed makes the same visits.")] = 1,
) -> None:
    """Start a server with a project full of plausible visits."""
    settings = load_settings(data=data, port=port)
    configure(settings.log_level, json=settings.log_json, role="demo")
    folder = Folder(settings.data)

    def ready(run: Run) -> None:
        key = _fill(folder, settings, events, seed)
        announce(folder, run)
        out = Console(highlight=False)
        if key:
            out.print(f"  write key (for pages): {key[0]}", soft_wrap=True)
            out.print(f"  read key (secret):     {key[1]}", soft_wrap=True)
        out.print(f"  a report: {run.url}/api/v1/projects/default/reports/traffic", soft_wrap=True)
        # By the path it was called: in a checkout the program is not on the PATH.
        program = os.path.relpath(sys.argv[0])
        out.print(f"  or:       {program} report traffic --data {data}", soft_wrap=True)
        out.print("  new visits keep coming; stop with Ctrl-C", soft_wrap=True)
        threading.Thread(target=_trickle, args=(folder, settings, seed), daemon=True).start()

    raise typer.Exit(server.serve(folder, settings, ready))


def _fill(folder: Folder, settings: Settings, events: int, seed: int) -> tuple[str, str] | None:
    """Fill the project once; the keys, where they were made now."""
    if (folder.root / _DONE).exists():
        return None
    with Control(folder.control_url(settings.control_url)) as control:
        write = control.mint_key(DEFAULT_PROJECT, Role.WRITE, name="demo").text
        read = control.mint_key(DEFAULT_PROJECT, Role.READ, name="demo").text
        project = control.project(DEFAULT_PROJECT)
    appender = claim(folder.log, cap_bytes=settings.log_cap_bytes, reserve_bytes=0)
    crowd = _crowd(settings, seed, write)
    columns = TextColumn("visits"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("visits", total=events)
            feed(
                crowd.history(time.time(), events=events, days=DAYS),
                project=project,
                appender=appender,
                locate=_locate(settings),
                progress=lambda fed: bar.update(task, completed=fed.accepted),
            )
    finally:
        appender.close()
    (folder.root / _DONE).touch()
    return write, read


def _trickle(folder: Folder, settings: Settings, seed: int) -> None:
    """Visits as they happen, until the program ends."""
    with Control(folder.control_url(settings.control_url)) as control:
        project = control.project(DEFAULT_PROJECT)
    appender = claim(folder.log, cap_bytes=settings.log_cap_bytes, reserve_bytes=0)
    for sent in _crowd(settings, seed + int(time.time()), "").trickle(time.time()):
        time.sleep(max(0.0, sent.received_at - time.time()))
        feed([sent], project=project, appender=appender, locate=_locate(settings))


def _crowd(settings: Settings, seed: int, key: str) -> Crowd:
    database = settings.place_database
    return Crowd(seed, key=key, addresses=addresses_in(database) if database else None)


def _locate(settings: Settings) -> Callable[[str], Place] | None:
    return place.open_places(settings.place_database) if settings.place_database else None
