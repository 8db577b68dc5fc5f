"""`desirepath projects`: list, create, change and delete projects."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from desirepath.cli.control import opened
from desirepath.cli.options import Data
from desirepath.errors import Invalid
from desirepath.model.project import Project

commands = typer.Typer(help="Projects: whose events these are.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="projects")


@commands.command("list")
def list_projects(data: Data = None) -> None:
    """Every project."""
    with opened(data) as control:
        found = control.list_projects()
    table = Table("id", "name", "time zone", "addresses", "events/s", "origins")
    for one in found:
        rate = str(one.rate_per_second or "any")
        origins = ", ".join(one.allowed_origins) or "any"
        table.add_row(one.id, one.name, one.timezone, one.ip_mode, rate, origins)
    Console(highlight=False).print(table)


@commands.command("create")
def create(
    project: Annotated[str, typer.Argument(help="Lower-case letters, digits and dashes.")],
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    timezone: Annotated[str, typer.Option(help="Where its days begin.")] = "UTC",
    data: Data = None,
) -> None:
    """Make a project."""
    with opened(data) as control:
        made = control.create_project(Project(id=project, name=name, timezone=timezone))
    typer.echo(f"project {made.id} is there; make it a key: desirepath keys create -p {made.id}")


@commands.command("set")
def change(
    project: Annotated[str, typer.Argument(help="Which project.")],
    changes: Annotated[list[str], typer.Argument(help="name=value, value as JSON or text.")],
    data: Data = None,
) -> None:
    """Change settings, such as timezone=Europe/Berlin or allowed_origins='["https://a.example"]'."""
    with opened(data) as control:
        changed = control.update_project(project, dict(_pair(text) for text in changes))
    typer.echo(f"changed: {changed}")


@commands.command("delete")
def delete(
    project: Annotated[str, typer.Argument(help="Which project.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = None,
) -> None:
    """Close a project for good and revoke its keys."""
    if not yes:
        typer.confirm(f"Close {project} for good and revoke its keys?", abort=True)
    with opened(data) as control:
        control.delete_project(project)
    typer.echo(f"project {project} is closed")


def _pair(text: str) -> tuple[str, object]:
    import msgspec

    name, equals, value = text.partition("=")
    if not equals:
        raise Invalid(f"give name=value, not {text!r}")
    try:
        return name, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return name, value
