"""`python -m desirepath.roles ROLE --data DIR`: a child of `serve`, told its settings by the
environment. Imports stay inside, so that the loader never pays for the web server's."""

import argparse
import sys
from pathlib import Path

from desirepath.folder import Folder
from desirepath.logs import configure
from desirepath.parent import die_with_parent
from desirepath.roles import numbers
from desirepath.settings import load_settings


def main() -> int:
    """Run one role; the exit code says how it ended."""
    parser = argparse.ArgumentParser(prog="desirepath.roles")
    parser.add_argument("role", choices=("load", "web"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--name", default="")
    given = parser.parse_args()
    die_with_parent()
    settings = load_settings(data=given.data)
    configure(settings.log_level, json=settings.log_json, role=given.role)
    numbers.write_as(given.name or given.role)
    folder = Folder(given.data)
    if given.role == "load":
        from desirepath.roles import load

        return load.run(folder, settings)
    from desirepath.roles import web

    return web.run(folder, settings)


if __name__ == "__main__":
    sys.exit(main())
