"""The server with one protection left out: its loader does not ask what is stored already.

`python -m tests.crash.unsafe serve ...` must fail the crash run, or the run proves nothing.
"""

import sys
from collections.abc import Sequence

from desirepath import loader, server
from desirepath.cli.app import main as command_line
from desirepath.log.base import Record, Segment
from desirepath.roles import __main__ as roles
from desirepath.roles import load


class Careless(loader.Loader):
    """Inserts whatever lies behind the positions, as if no insert could have been cut off."""

    def _reconcile(self, read: Sequence[tuple[Segment, list[Record]]]) -> loader.There:
        return loader.There()


def main() -> int:
    """The server, or one of its roles."""
    if sys.argv[1] in ("load", "web"):
        setattr(load, "Loader", Careless)  # noqa: B010  only here may it be another one
        return roles.main()
    server.ROLES = "tests.crash.unsafe"
    command_line()
    return 0


if __name__ == "__main__":
    sys.exit(main())
