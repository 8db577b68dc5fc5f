"""The bodies that the OpenAPI document shows: whole ones, that a server takes as they are."""

from typing import Any

_SENT: dict[str, Any] = {
    "tenantId": "your-api-key",
    "sessionId": "session-123",
    "userId": "user-456",
    "pageUrl": "https://example.com",
    "referrer": "https://google.com",
    "deviceInfo": {"deviceType": "desktop", "os": "Windows", "browser": "Chrome"},
}

#: One event of each type that has columns of its own, as the TrackFlow specification prints them.
TRACKFLOW: dict[str, Any] = {
    "events": [
        {
            "eventId": "550e8400-e29b-41d4-a716-446655440000",
            "eventType": "page_view",
            "timestamp": 1625539200000,
            **_SENT,
            "properties": {"title": "Example Page"},
        },
        {
            "eventId": "550e8400-e29b-41d4-a716-446655440001",
            "eventType": "click",
            "timestamp": 1625539201000,
            **_SENT,
            "properties": {"tag": "BUTTON", "id": "submit-button"},
        },
        {
            "eventId": "550e8400-e29b-41d4-a716-446655440002",
            "eventType": "error",
            "timestamp": 1625539202000,
            **_SENT,
            "properties": {
                "message": "Cannot read property 'x' of undefined",
                "source": "https://example.com/app.js",
                "line": 42,
                "col": 15,
                "stack": "TypeError: Cannot read property 'x' of undefined\n"
                "    at doSomething (app.js:42:15)\n"
                "    at HTMLButtonElement.onclick (index.html:10:1)",
            },
        },
        {
            "eventId": "550e8400-e29b-41d4-a716-446655440003",
            "eventType": "performance",
            "timestamp": 1625539203000,
            **_SENT,
            "properties": {"loadTime": 2450, "domContentLoaded": 1200},
        },
    ]
}
