"""Self-hosted click and behaviour analytics."""

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from desirepath.installation import Installation

__all__ = ["__version__", "open"]

__version__ = version("desirepath")


def open(path: str | Path = "data", **settings: Any) -> "Installation":
    """Open a data folder: its reports, projects and log. See `desirepath.installation`."""
    # The processes of a server import this package too, and most need none of that.
    from desirepath.installation import open_folder

    return open_folder(path, **settings)
