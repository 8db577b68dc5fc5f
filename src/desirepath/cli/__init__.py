"""The command line: one file a command. `main` is the program `desirepath`."""

from desirepath.cli.app import main

__all__ = ["main"]
