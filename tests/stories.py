"""Events told as stories: `tell(store, "ann: view /a 0, view /b 40")`.

A story is a person and what they did: a verb, its object, and when, in seconds after NOON (or `5m`,
`2h`, `3d`). The person's session is `ann-1`, unless the story begins `ann/2:`. Spaces in an object
are written `_`. Verbs: `view PATH`, `click ELEMENT`, `error MESSAGE`, `load PATH MS`, `request PATH
STATUS`; any other verb is a custom event without an object.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from desirepath.formats.error_group import error_group
from desirepath.model.event import Event, line
from desirepath.store.client import Store
from desirepath.store.events import insert_events

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FOREVER = "2100-01-01"

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_offsets = count(1)
_log = str(uuid4())


@dataclass
class Placed:
    """An event, and its place in the log."""

    event: Event
    offset: int = field(default_factory=_offsets.__next__)


def tell(store: Store, *stories: str, project: str, start: datetime = NOON, **columns: Any) -> None:
    """Write what the stories say as events of `project`; `columns` hold for all of them."""
    insert(store, project, events_of(*stories, start=start, **columns))


def events_of(*stories: str, start: datetime = NOON, **columns: Any) -> list[Placed]:
    """The events that the stories tell, in the order told."""
    return [
        Placed(_event(*_person(story), moment.split(), start, columns))
        for story in stories
        for moment in story.partition(":")[2].split(",")
    ]


def insert(store: Store, project: str, placed: Iterable[Placed]) -> None:
    """Write events to the store, each at its place."""
    lines = [
        b'{"project":"%s","log_id":"%s","log_shard":0,"log_offset":%d,'
        % (project.encode(), _log.encode(), one.offset)
        + line(one.event)[1:]
        for one in placed
    ]
    if lines:
        insert_events(store, lines, query_id=str(uuid4()))


def _person(story: str) -> tuple[str, str]:
    who, _, session = story.partition(":")[0].partition("/")
    return who.strip(), f"{who.strip()}-{session.strip() or 1}"


def _event(
    who: str, session: str, words: list[str], start: datetime, columns: dict[str, Any]
) -> Event:
    verb, *objects, when = words
    said = [word.replace("_", " ") for word in objects]
    time = start.timestamp() + _seconds(when)
    told: dict[str, Any] = {
        "surface": "trackflow",
        "type": {"view": "page_view", "load": "performance"}.get(verb, verb),
        "event_id": str(UUID(int=next(_offsets))),
        "time": time,
        "received_at": time,
        "expires_at": FOREVER,
        "actor": who,
        "actor_kind": "user" if who else "",
        "user_id": who,
        "session_id": session if who else "",
        "host": "example.com",
    }
    if verb in ("view", "load", "request"):
        told |= {"path": objects[0], "page_url": f"https://example.com{objects[0]}"}
    if verb == "view":
        told["title"] = f"Title of {objects[0]}"
    elif verb == "load":
        told |= {"load_ms": float(objects[1]), "dom_content_loaded_ms": float(objects[1]) / 2}
    elif verb == "request":
        told["http_status"] = int(objects[1])
    elif verb == "click":
        told |= {"element_key": said[0], "element_text": said[0]}
    elif verb == "error":
        told |= {"error_name": "Error", "error_message": said[0]}
        told["error_group"] = error_group("Error", said[0], "", "", None, None)
    return Event(**(told | columns))


def _seconds(text: str) -> float:
    unit = _SECONDS.get(text[-1])
    return float(text[:-1]) * unit if unit else float(text)
