"""What a web worker works with, in a folder of its own, for those who ask what routes it has."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from desirepath.api.services import Services
from desirepath.folder import Folder
from desirepath.server import prepare
from desirepath.settings import load_settings


@contextmanager
def services() -> Iterator[Services]:
    """Without a store and without a port: for asking what there is, not for asking reports."""
    with tempfile.TemporaryDirectory(prefix="desirepath-") as name:
        # Spelled out, so that the environment of whoever runs this changes nothing.
        settings = load_settings(data=name, host="127.0.0.1", control_url="", store_url="")
        folder = Folder(settings.data)
        prepare(folder, settings)
        opened = Services(folder, settings)
        try:
            yield opened
        finally:
            asyncio.run(opened.close())
