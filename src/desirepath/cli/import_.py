"""`desirepath import FILE`: access logs, NDJSON or CSV of TrackFlow events, through real ingest."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from desirepath import place
from desirepath.cli.importing import job
from desirepath.cli.importing.job import Summary, run_import
from desirepath.cli.options import Data, ProjectId
from desirepath.installation import Installation, open_folder
from desirepath.log.sqlite import claim
from desirepath.model.project import DEFAULT_PROJECT

LOAD_SECONDS = 600


class Format(StrEnum):
    """What a file holds."""

    AUTO = "auto"
    ACCESS_LOG = "access_log"
    NDJSON = "ndjson"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_file)


def import_file(
    path: Annotated[str, typer.Argument(help="A file, plain or gzip; - for standard input.")],
    form: Annotated[Format, typer.Option("--format", help="What it holds.")] = Format.AUTO,
    host: Annotated[str, typer.Option(help="The site's host, for access logs.")] = "",
    include_static: Annotated[
        bool, typer.Option("--include-static", help="Count static files as page views too.")
    ] = False,
    label: Annotated[str, typer.Option(help="Keeps equal lines of several servers apart.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Even if it was imported before.")] = False,
    project: ProjectId = DEFAULT_PROJECT,
    data: Data = None,
) -> None:
    """Import a file. Stopped, it goes on where it was; run twice, nothing counts twice."""
    with open_folder(**({"path": data} if data else {})) as installation:
        summary = _import(installation, path, form, host, include_static, label, again, project)
        waiting = installation.fresh(LOAD_SECONDS * 1000)
    _print(summary, waiting)


def _import(
    installation: Installation,
    path: str,
    form: Format,
    host: str,
    include_static: bool,
    label: str,
    again: bool,
    project: str,
) -> Summary:
    settings, folder = installation.settings, installation.folder
    whose = installation.project(project)
    database = settings.place_database
    appender = claim(
        folder.log, cap_bytes=settings.log_cap_bytes, reserve_bytes=settings.log_reserve_bytes
    )
    columns = (
        *(TextColumn("{task.description}"), BarColumn(), DownloadColumn()),
        *(TextColumn("{task.fields[rate]}"), TimeRemainingColumn()),
    )
    try:
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("importing", total=None, rate="")

            def show(progress: job.Progress) -> None:
                rate = f"{progress.lines / max(progress.seconds, 0.001):,.0f} lines/s"
                bar.update(task, completed=progress.done, total=progress.total, rate=rate)

            return run_import(
                path,
                project=whose,
                appender=appender,
                folder=folder.imports,
                kind=form.value,
                host=host,
                include_static=include_static,
                label=label,
                again=again,
                locate=place.open_places(database) if database else None,
                progress=show,
            )
    finally:
        appender.close()


def _print(summary: Summary, waiting: int) -> None:
    out, totals = Console(highlight=False), summary.totals
    speed = summary.lines / max(summary.seconds, 0.001)
    out.print(f"{summary.path}: {totals.lines:,} lines, {speed:,.0f} a second")
    if summary.resumed_at:
        out.print(f"went on at byte {summary.resumed_at:,}, where an earlier run had stopped")
    table = Table("", "events")
    table.columns[1].justify = "right"
    table.add_row("accepted", f"{totals.accepted:,}")
    for reason, events in sorted(totals.refused.items()):
        table.add_row(f"refused: {reason}", f"{events:,}")
    flagged = sum(totals.bots.values())
    table.add_row("of the accepted, bots", f"{flagged:,}")
    out.print(table)
    if totals.first is not None and totals.last is not None:
        out.print(f"from {_moment(totals.first)} to {_moment(totals.last)} UTC")
    if waiting:
        out.print(f"{waiting:,} events are still being loaded; they are safe in the log")


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
