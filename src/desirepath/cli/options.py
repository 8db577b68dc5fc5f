"""Options that several commands share, written once."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path | None,
    typer.Option("--data", help="The data folder. [env: DESIREPATH_DATA, default: data]"),
]
ProjectId = Annotated[str, typer.Option("--project", "-p", help="Whose events.")]
