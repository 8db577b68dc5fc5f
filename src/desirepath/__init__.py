"""Self-hosted click and behaviour analytics."""

from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from desirepath.installation import Installation

__all__ = ["__version__", "open"]

__version__ = version("desirepath")


def open(path: str | Path = "data", **settings: Any) -> "Installation":
    """Open a data folder: its reports, projects and log. See `desirepath.installation`."""
    # By name: every process of a server imports this package, and most need nothing of that.
    found: Installation = import_module("desirepath.installation").open_folder(path, **settings)
    return found
