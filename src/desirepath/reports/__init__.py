"""Every report there is. The API, the CLI, the docs and the tests all read this list."""

from typing import Any

from desirepath.errors import NotFound
from desirepath.reports.base import Report
from desirepath.reports.errors import ERRORS
from desirepath.reports.events import EVENTS
from desirepath.reports.performance import PERFORMANCE
from desirepath.reports.sessions import SESSIONS
from desirepath.reports.traffic import TRAFFIC

ALL: tuple[Report[Any, Any], ...] = (TRAFFIC, EVENTS, ERRORS, PERFORMANCE, SESSIONS)


def report(name: str) -> Report[Any, Any]:
    """The report of this name. Raises NotFound, which lists the names there are."""
    for one in ALL:
        if one.name == name:
            return one
    names = ", ".join(one.name for one in ALL)
    raise NotFound(f"there is no report {name!r}; there are {names}", field="name")
