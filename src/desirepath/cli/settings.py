"""`desirepath settings`: every setting, what it is now, and what it does."""

import typer
from rich.console import Console
from rich.table import Table

from desirepath.cli.options import Data
from desirepath.settings import Settings, load_settings

_SECRET = ("url",)  # may hold a password


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("settings")(settings)


def settings(data: Data = None) -> None:
    """Every setting, what it is now, and what it does."""
    chosen = load_settings(data=data)
    table = Table("environment variable", "now", "what it does")
    for name, field in Settings.model_fields.items():
        value = getattr(chosen, name)
        shown = (
            "(set)" if value and name.endswith(_SECRET) else str(value if value is not None else "")
        )
        table.add_row(f"DESIREPATH_{name.upper()}", shown, field.description)
    Console(highlight=False).print(table)
