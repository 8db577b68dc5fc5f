"""What the tracker in a page makes of a visit: TrackFlow events, a few to a request.

A request goes out with ten events, or five seconds after its first one, or when the visit ends.
All its times are those of the visitor's clock, which may be wrong; `sentAt` is how that shows.
"""

from random import Random
from typing import Any, NamedTuple
from zlib import crc32

import msgspec

from desirepath.demo.ids import v7
from desirepath.demo.people import Person
from desirepath.demo.site import ORIGIN, WIDTH, Element, Page

BATCH, SECONDS = 10, 5.0
_STACKED = 1.7  # how much longer a page is in one column

_encode = msgspec.json.Encoder().encode


class Sent(NamedTuple):
    """One request as the server gets it."""

    received_at: float  # Unix seconds
    ip: str
    user_agent: str
    headers: dict[str, str]  # lower-case names
    body: bytes


class Tracker:
    """The tracker of one visit. Times are true ones, in Unix seconds; `key`: the write key."""

    def __init__(self, person: Person, time: float, dice: Random, key: str = "") -> None:
        self._person, self._dice = person, dice
        self._events: list[tuple[float, dict[str, Any]]] = []
        self._previous: tuple[str, float] | None = None
        self._page: dict[str, Any] = {}
        device = person.device
        self._same: dict[str, Any] = {
            "tenantId": key,
            "sessionId": v7(time, dice),
            "anonymousId": person.anonymous_id or None,
            "language": person.language,
            "deviceInfo": {
                "deviceType": device.kind,
                "os": device.os,
                "browser": device.browser,
            },
        }

    def event(self, kind: str, time: float, properties: dict[str, Any], **beside: Any) -> None:
        """Any event on the page that is open."""
        self._events.append(
            (
                time,
                {
                    "eventId": v7(time, self._dice),
                    "eventType": kind,
                    "timestamp": int((time + self._person.skew) * 1000),
                    "userId": self._person.user_id or None,
                    **self._same,
                    **self._page,
                    "properties": properties,
                    **beside,
                },
            )
        )

    def page_view(self, page: Page, time: float, query: str, referrer: str) -> None:
        """Open `page`; what follows happens on it."""
        width, height = self._person.device.window
        self._page = {"pageUrl": ORIGIN + page.path + query, "referrer": referrer or None}
        document = (width, self._height(page))
        self.event(
            "page_view",
            time,
            {
                "title": page.title,
                "section": page.section,
                "viewportW": width,
                "viewportH": height,
                "documentW": document[0],
                "documentH": document[1],
            },
        )

    def click(
        self,
        page: Page,
        element: Element,
        time: float,
        *,
        response_ms: float | None,
        response: str,
        **more: Any,
    ) -> None:
        """A click somewhere inside `element`, nearest to its middle most often."""
        dice, person = self._dice, self._person
        window_w, window_h = person.device.window
        left, top, width, height = self._box(element)
        across, down = (min(0.98, max(0.02, dice.gauss(0.5, 0.17))) for _ in range(2))
        x, y = left + int(width * across), top + int(height * down)
        document_h = self._height(page)
        scroll = max(0, min(int(y - window_h * dice.uniform(0.2, 0.85)), document_h - window_h))
        scroll = 0 if y < window_h * 0.8 else scroll
        properties: dict[str, Any] = {
            "tag": element.tag,
            "id": element.id or None,
            "elementKey": element.key,
            "type": {"A": "link", "BUTTON": "button", "INPUT": "input"}.get(element.tag, "other"),
            "text": element.text,
            "x": x,
            "y": y,
            "screenX": x,
            "screenY": y - scroll,
            "elementX": x - left,
            "elementY": y - top,
            "rx": int(across * 65535),
            "ry": int(down * 65535),
            "viewportW": window_w,
            "viewportH": window_h,
            "documentW": window_w,
            "documentH": document_h,
            "scrollX": 0,
            "scrollY": scroll,
            "layoutSignature": f"{crc32(f'{page.path}{person.device.narrow}'.encode()):08x}",
            "responseKind": response,
        }
        if response_ms is not None:
            properties["firstResponseMs"] = round(response_ms)
        if element.to and element.tag == "A":
            properties["href"] = ORIGIN + element.to
        if element.action:
            properties["action"] = element.action
        if self._previous is not None:
            key, before = self._previous
            properties["previousClick"] = key
            properties["timeFromPrevious"] = round((time - before) * 1000)
        self._previous = (element.key, time)
        self.event("click", time, properties | more)

    def requests(self) -> list[Sent]:
        """Everything so far, as it goes out."""
        self._events.sort(key=lambda one: one[0])
        found: list[Sent] = []
        batch: list[dict[str, Any]] = []
        first = 0.0
        for time, event in self._events:
            if batch and time > first + SECONDS:
                found.append(self._request(batch, first + SECONDS))
                batch = []
            first = first if batch else time
            batch.append(event)
            if len(batch) == BATCH:
                found.append(self._request(batch, time))
                batch = []
        if batch:
            found.append(self._request(batch, first + SECONDS))
        return found

    def _request(self, events: list[dict[str, Any]], time: float) -> Sent:
        person, device = self._person, self._person.device
        language = person.language
        headers = {
            "content-type": "text/plain;charset=UTF-8",
            "origin": ORIGIN,
            "accept-language": f"{language},{language[:2]};q=0.9,en;q=0.7",
        }
        if device.brands:
            headers |= {"sec-ch-ua": device.brands, "sec-ch-ua-platform": device.platform}
        if person.no_tracking:
            headers["sec-gpc"] = "1"
        way = self._dice.lognormvariate(-2.3, 0.5) * person.country.slowness  # 0.1 s
        sent_at = int((time + person.skew) * 1000)
        body = _encode({"events": events, "sentAt": sent_at})
        return Sent(round(time + way, 3), person.ip, device.user_agent, headers, body)

    def _height(self, page: Page) -> int:
        return int(page.height * _STACKED) if self._person.device.narrow else page.height

    def _box(self, element: Element) -> tuple[int, int, int, int]:
        window = self._person.device.window[0]
        if not self._person.device.narrow:
            return (window - WIDTH) // 2 + element.x, element.y, element.w, element.h
        room = window - 32
        width = min(element.w, room)
        return (
            16 + (room - width) * element.x // WIDTH,
            int(element.y * _STACKED),
            width,
            element.h,
        )
