"""Self-hosted click and behaviour analytics."""

from importlib.metadata import version

__version__ = version("desirepath")
