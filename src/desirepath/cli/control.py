"""The control data, for the commands that need nothing else: no server has to run."""

from pathlib import Path

from desirepath.folder import Folder
from desirepath.projects.control import Control
from desirepath.settings import load_settings


def opened(data: Path | None) -> Control:
    """The control data of a data folder; a `with` block closes it."""
    settings = load_settings(data=data)
    folder = Folder(settings.data)
    folder.create()
    return Control(folder.control_url(settings.control_url))
