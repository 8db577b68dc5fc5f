"""The program `desirepath`: its commands, and how errors look on a terminal."""

import sys
from collections.abc import Callable
from importlib import import_module

import typer
from rich.console import Console

from desirepath import __version__
from desirepath.errors import DesirepathError

app = typer.Typer(
    name="desirepath",
    help="Self-hosted click and behaviour analytics.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

# Name on the command line → where its function is. One file a command.
COMMANDS = {
    "serve": "serve",
    "demo": "demo",
    "import": "import_",
    "report": "report",
    "projects": "projects",
    "keys": "keys",
    "doctor": "doctor",
    "settings": "settings",
    "engine": "engine",
}


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    """Self-hosted click and behaviour analytics."""
    if version:
        typer.echo(f"desirepath {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the program; errors made for people are printed as one line, not as a trace."""
    wanted = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    # Only the command that was asked for is imported; for help, all of them.
    for name in [wanted] if wanted in COMMANDS else list(COMMANDS):
        register: Callable[[typer.Typer], None] = import_module(
            f"desirepath.cli.{COMMANDS[name]}"
        ).register
        register(app)
    try:
        app(standalone_mode=True)
    except DesirepathError as exc:
        Console(stderr=True, highlight=False).print(f"desirepath: {exc.message}", markup=False)
        sys.exit(1)
