"""`desirepath keys`: list, create and revoke keys."""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from desirepath.cli.control import opened
from desirepath.cli.options import Data, ProjectId
from desirepath.model.project import DEFAULT_PROJECT, Role

commands = typer.Typer(help="Keys: who may send, read or manage.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="keys")


@commands.command("list")
def list_keys(
    project: Annotated[str | None, typer.Option("--project", "-p", help="Only its keys.")] = None,
    data: Data = None,
) -> None:
    """Every key, without its secret."""
    with opened(data) as control:
        found = control.list_keys(project)
    table = Table("id", "project", "role", "begins with", "name", "state", "last used")
    for key in found:
        used = _moment(key.last_used_at)
        state = "usable" if key.usable(time.time()) else "revoked" if key.revoked_at else "expired"
        table.add_row(key.id, key.project, key.role, key.prefix, key.name, state, used)
    Console(highlight=False).print(table)


@commands.command("create")
def create(
    role: Annotated[Role, typer.Option(help="write (public), read or admin.")] = Role.WRITE,
    project: ProjectId = DEFAULT_PROJECT,
    name: Annotated[str, typer.Option(help="To recognise it by.")] = "",
    origin: Annotated[
        list[str] | None, typer.Option(help="Only from pages of this origin. May be given again.")
    ] = None,
    rate: Annotated[int, typer.Option(help="Events per second; 0: no limit of its own.")] = 0,
    days: Annotated[float, typer.Option(help="Expires after so many days; 0: never.")] = 0,
    data: Data = None,
) -> None:
    """Make a key. It is shown this once."""
    expires = time.time() + days * 86_400 if days else None
    with opened(data) as control:
        made = control.mint_key(
            project,
            role,
            name=name,
            origins=origin or [],
            rate_per_second=rate,
            expires_at=expires,
        )
    typer.echo(made.text)


@commands.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(help="The id, as `keys list` shows it.")],
    project: ProjectId = DEFAULT_PROJECT,
    data: Data = None,
) -> None:
    """Revoke a key; it is refused everywhere within 5 seconds."""
    with opened(data) as control:
        control.revoke_key(project, key)
    typer.echo(f"key {key} is revoked")


def _moment(at: float | None) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M") if at else "never"
