"""`desirepath report NAME`: ask a running server (`--url`), or the data folder itself."""

import csv
import io
import json
import os
import sys
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from desirepath import reports
from desirepath.cli.options import Data, ProjectId
from desirepath.cli.remote import Remote
from desirepath.errors import Invalid
from desirepath.installation import open_folder
from desirepath.model.project import DEFAULT_PROJECT

MOST_LINES = 10  # of each table, where there are several
LONGEST_CELL = 60


class Form(StrEnum):
    """How the answer is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", help=_help())(report)


def _help() -> str:
    lines = "\n\n".join(f"{one.name}: {one.title}" for one in reports.ALL)
    return f"Ask a report.\n\n{lines}"


def report(
    name: Annotated[str, typer.Argument(help="Which report.")],
    since: Annotated[str, typer.Option(help="ISO 8601 or relative: 7d, 24h, today.")] = "7d",
    until: Annotated[str, typer.Option(help="Not included. Default: now.")] = "",
    where: Annotated[
        list[str] | None, typer.Option(help="A filter: country=DE|AT. May be given again.")
    ] = None,
    bots: Annotated[bool, typer.Option("--bots", help="Count bots too.")] = False,
    limit: Annotated[int, typer.Option(help="Rows of a list.")] = 100,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="A parameter of the report itself: by=pages."),
    ] = None,
    form: Annotated[Form, typer.Option("--format", "-f", help="How to print it.")] = Form.TABLE,
    project: ProjectId = DEFAULT_PROJECT,
    url: Annotated[str, typer.Option(help="A running server, instead of the folder.")] = "",
    key: Annotated[str, typer.Option(help="A read key. [env: DESIREPATH_KEY]")] = "",
    data: Data = None,
) -> None:
    """Ask a report and print its answer."""
    asked: dict[str, Any] = {
        "since": since,
        "until": until,
        "where": where or [],
        "bots": bots,
        "limit": limit,
        **_pairs(set_ or []),
    }
    if url:
        remote = Remote(url, key or os.environ.get("DESIREPATH_KEY", ""))
        answer = remote.report(project, name, asked)
    else:
        chosen = {"path": data} if data else {}
        with open_folder(**chosen) as installation:
            found = installation.report(name, project, **asked)
            answer = msgspec.to_builtins({"data": found.data, "meta": found.meta})
    _print(reports.report(name).table, answer, form)


def _pairs(texts: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise Invalid(f"--set takes name=value, not {text!r}", field="set")
        found[name] = value.split(",") if "," in value else value
    return found


def _print(table: str, answer: dict[str, Any], form: Form) -> None:
    if form is Form.JSON:
        sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
        return
    data, meta = answer["data"], answer["meta"]
    if form is Form.CSV:
        sys.stdout.write(as_csv(_rows(data, table)))
        return
    out = Console(highlight=False)
    out.print(f"{meta['since'][:16]} to {meta['until'][:16]} UTC  {_totals(data)}")
    lists = {name: rows for name, rows in data.items() if isinstance(rows, list) and rows}
    for name, rows in lists.items():
        out.print(_table(name, rows, MOST_LINES if len(lists) > 1 else len(rows)))
    if not lists:
        out.print("nothing in this period")
    for reason, events in meta["left_out"].items():
        if events:
            out.print(f"left out: {events:,} events ({reason})")
    if meta["waiting"]:
        out.print(f"{meta['waiting']:,} records are not in the store yet")


def _rows(data: dict[str, Any], table: str) -> list[dict[str, Any]]:
    """The rows of `table`, or of the first list that was asked for."""
    if data.get(table) is not None:
        return list(data[table])
    return list(next((rows for rows in data.values() if isinstance(rows, list)), ()))


def _totals(data: dict[str, Any]) -> str:
    found = dict(data)
    for value in data.values():
        if isinstance(value, dict):
            found |= value
    numbers = (f"{name} {_cell(v)}" for name, v in found.items() if _is_number(v))
    return ", ".join(numbers)


def _table(name: str, rows: list[dict[str, Any]], most: int) -> Table:
    """What fits on a line of a terminal; lists within a row are in CSV and JSON."""
    shown = Table(title=name, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    columns = [key for key, value in rows[0].items() if not isinstance(value, list | dict)]
    for key in columns:
        number = any(_is_number(row[key]) for row in rows)
        shown.add_column(key, justify="right" if number else "left", overflow="ellipsis")
    for row in rows[:most]:
        shown.add_row(*(_cell(row[key]) for key in columns))
    if len(rows) > most:
        shown.caption = f"and {len(rows) - most:,} more: --format csv, or --set by={name}"
    return shown


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    return " ".join(str(value).split())[:LONGEST_CELL]


# A cell that begins with one of these is a formula to a spreadsheet (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Rows as RFC 4180 text; text that a spreadsheet would run gets a quote in front."""
    out = io.StringIO()
    writer = csv.writer(out)
    if rows:
        writer.writerow(rows[0])
    for row in rows:
        writer.writerow([_safe(value) for value in row.values()])
    return out.getvalue()


def _safe(value: Any) -> Any:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value
