"""Events for the tests of the API."""

import time
from typing import Any
from uuid import uuid4


def event(**fields: Any) -> dict[str, Any]:
    """A page view of a moment ago; `fields` on top, None takes one away."""
    made: dict[str, Any] = {
        "eventId": str(uuid4()),
        "eventType": "page_view",
        "timestamp": int(time.time() * 1000),
        "tenantId": "your-api-key",
        "sessionId": "session-123",
        "userId": "user-456",
        "pageUrl": "https://example.com/a",
        "properties": {"title": "Example Page"},
    } | fields
    return {name: value for name, value in made.items() if value is not None}
