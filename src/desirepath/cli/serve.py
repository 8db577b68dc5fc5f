"""`desirepath serve`: start the server and keep it running until Ctrl-C or SIGTERM."""

from typing import Annotated

import typer
from rich.console import Console

from desirepath import server
from desirepath.cli.options import Data
from desirepath.folder import Folder, Run
from desirepath.logs import configure
from desirepath.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="Web worker processes.")] = None,
) -> None:
    """Start the server."""
    settings = load_settings(data=data, host=host, port=port, workers=workers)
    configure(settings.log_level, json=settings.log_json, role="serve")
    folder = Folder(settings.data)
    raise typer.Exit(server.serve(folder, settings, lambda run: announce(folder, run)))


def announce(folder: Folder, run: Run) -> None:
    """Say where the server is, and what to do next."""
    out = Console(highlight=False)
    out.print(f"desirepath answers at {run.url}  (data in {folder.root})", soft_wrap=True)
    out.print(f"  the admin key lies in {folder.admin_key}", soft_wrap=True)
    out.print(f"  all routes, with examples: {run.url}/docs", soft_wrap=True)
