"""The smallest hit and event, changed as a test needs them."""

from typing import Any

from desirepath.ingest.base import Hit
from desirepath.model.event import Event
from desirepath.model.project import Project

NOW = 1_790_000_000.0  # 2026-09-21T14:13:20Z
SALT = b"salt of the day, 32 bytes long.."
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
BROWSER_HEADERS = {
    "accept-language": "de",
    "sec-ch-ua": '"Chromium";v="126", "Google Chrome";v="126", "Not-A.Brand";v="8"',
    "sec-ch-ua-platform": '"Windows"',
}


def hit(**changes: Any) -> Hit:
    """A live request of a person with Chrome on Windows. `project_...` changes its project."""
    project = {k.removeprefix("project_"): v for k, v in changes.items() if k[:8] == "project_"}
    rest = {k: v for k, v in changes.items() if k[:8] != "project_"}
    base: dict[str, Any] = {
        "project": Project(**{"id": "default", **project}),
        "received_at": NOW,
        "ip": "203.0.113.7",
        "user_agent": CHROME,
        "headers": BROWSER_HEADERS,
        "salt": SALT,
    }
    return Hit(**{**base, **rest})


def event(**changes: Any) -> Event:
    """A page view, now."""
    base: dict[str, Any] = {
        "surface": "trackflow",
        "type": "page_view",
        "event_id": "550e8400-e29b-41d4-a716-446655440000",
        "time": NOW,
    }
    return Event(**{**base, **changes})
