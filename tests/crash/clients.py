"""Clients of a crash run: batches of 1 to 50 events over several months, sent again when unsure."""

import http.client
import json
import random
import threading
import time
import uuid
from typing import Any

from tests.crash.book import Book

MONTHS = 4  # an INSERT of a batch then writes several partitions, which is not atomic
DAY_MS = 86_400_000


class Client(threading.Thread):
    """One connection after the other; never gives up, never stops by itself."""

    def __init__(self, port: int, book: Book, stop: threading.Event, seed: int) -> None:
        super().__init__(name=f"client-{seed}", daemon=True)
        self._port, self._book, self._over = port, book, stop
        self._random = random.Random(seed)
        self._unsure: list[bytes] = []

    def run(self) -> None:
        """Send until told to stop."""
        connection: http.client.HTTPConnection | None = None
        while not self._over.is_set():
            body, ids = self._next()
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
                    connection.connect()
                # Only what could have arrived counts as sent.
                self._book.sending(ids)
                connection.request("POST", "/v1/events", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                said = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                # Perhaps it arrived and perhaps not: that is what event ids are for.
                self._unsure.append(body)
                if connection is not None:
                    connection.close()
                    connection = None
                time.sleep(0.02)
                continue
            if answer.status == 200 and said["accepted"] == len(ids):
                self._book.arrived(ids)
            elif answer.status in (429, 503):
                self._unsure.append(body)
                time.sleep(0.05)
            else:
                raise AssertionError(f"{answer.status}: {said}")
        if connection is not None:
            connection.close()

    def _next(self) -> tuple[bytes, list[str]]:
        if self._unsure and self._random.random() < 0.5:
            body = self._unsure.pop(self._random.randrange(len(self._unsure)))
            return body, _ids(json.loads(body)["events"])
        now, pick = int(time.time() * 1000), self._random
        events: list[dict[str, Any]] = [
            {
                "eventId": str(uuid.UUID(int=pick.getrandbits(128), version=4)),
                "eventType": pick.choice(("page_view", "click", "performance", "sale")),
                "timestamp": now - pick.randrange(MONTHS * 30) * DAY_MS,
                "tenantId": "crash",
                "sessionId": f"s{pick.randrange(500)}",
                "userId": f"u{pick.randrange(200)}",
                "pageUrl": f"https://example.com/{pick.randrange(50)}",
                "properties": {"n": pick.randrange(1000)},
            }
            for _ in range(pick.randint(1, 50))
        ]
        return json.dumps({"events": events}).encode(), _ids(events)


def _ids(events: list[dict[str, Any]]) -> list[str]:
    return [event["eventId"] for event in events]
