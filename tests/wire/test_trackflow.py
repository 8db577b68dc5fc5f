"""What TrackFlow senders send, byte for byte, and the events that it must become for ever."""

from pathlib import Path
from typing import Any

from desirepath.formats import trackflow
from desirepath.formats.base import Batch, Item
from desirepath.formats.error_group import error_group
from desirepath.model.event import Event

HERE = Path(__file__).parent
MESSAGE = "Cannot read property 'x' of undefined"
SOURCE = "https://example.com/app.js"
STACK = f"TypeError: {MESSAGE}\n    at doSomething (app.js:42:15)"
WHOLE_STACK = f"{STACK}\n    at HTMLButtonElement.onclick (index.html:10:1)"


def event(number: int, kind: str, **columns: Any) -> Event:
    base: dict[str, Any] = {
        "surface": "trackflow",
        "type": kind,
        "event_id": f"550e8400-e29b-41d4-a716-44665544000{number}",
        "time": 1625539200.0 + number,
        "session_id": "session-123",
        "user_id": "user-456",
        "page_url": "https://example.com",
        "referrer": "https://google.com",
        "device_type": "desktop",
        "os": "Windows",
        "browser": "Chrome",
    }
    return Event(**(base | columns))


def batch(*events: Event) -> Batch:
    items = [Item(row, "your-api-key", b"", at) for at, row in enumerate(events)]
    return Batch(items, sent_at=None)


def test_the_four_examples_of_the_specification() -> None:
    sent = (HERE / "trackflow_examples.json").read_bytes()

    assert trackflow.read(sent) == batch(
        event(
            0,
            "page_view",
            title="Example Page",
            properties='{\n        "title": "Example Page"\n      }',
        ),
        event(
            1,
            "click",
            element_tag="BUTTON",
            element_id="submit-button",
            properties='{\n        "tag": "BUTTON",\n        "id": "submit-button"\n      }',
        ),
        event(
            2,
            "error",
            error_message=MESSAGE,
            error_source=SOURCE,
            error_line=42,
            error_col=15,
            error_stack=WHOLE_STACK,
            error_group=error_group("", MESSAGE, WHOLE_STACK, SOURCE, 42, 15),
            properties=(
                f'{{\n        "message": "{MESSAGE}",\n        "source": "{SOURCE}",\n'
                '        "line": 42,\n        "col": 15,\n'
                '        "stack": "' + WHOLE_STACK.replace("\n", "\\n") + '"\n      }'
            ),
        ),
        event(
            3,
            "performance",
            load_ms=2450.0,
            dom_content_loaded_ms=1200.0,
            properties='{\n        "loadTime": 2450,\n        "domContentLoaded": 1200\n      }',
        ),
    )


def test_the_second_shape_of_an_error() -> None:
    sent = (HERE / "trackflow_error_beside.json").read_bytes()

    assert trackflow.read(sent) == batch(
        event(
            4,
            "error",
            user_id="",
            referrer="",
            device_type="mobile",
            os="Android",
            browser="Firefox",
            error_name="TypeError",
            error_message=MESSAGE,
            error_source=SOURCE,
            error_line=42,
            error_col=15,
            error_stack=STACK,
            error_group=error_group("TypeError", MESSAGE, STACK, SOURCE, 42, 15),
        )
    )
