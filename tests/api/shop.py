"""A project of its own for one test, with a key of each kind."""

import time
from typing import Any
from uuid import uuid4

import httpx
from msgspec import Struct

from desirepath.store.client import Store
from tests.services.server import ServerHandle

#: Events are loaded, counts written and keys known everywhere within this time.
PATIENCE = 20.0


class Stored(Struct):
    """What the tests look at of an event in the store."""

    event_id: str
    event_id_text: str
    time: float
    received_at: float
    time_original: float | None
    time_clamped: bool
    user_id: str
    ip: str


_EVENTS = """
SELECT toString(event_id) AS event_id, event_id_text, toFloat64(time) AS time,
       toFloat64(received_at) AS received_at, toFloat64(time_original) AS time_original,
       time_clamped, user_id, ip
FROM events_of(project = {project:String})
ORDER BY log_offset
"""


class Shop:
    """Made over HTTP with the admin key, so its one web worker knows it at once."""

    def __init__(self, server: ServerHandle, **settings: Any) -> None:
        self.server = server
        self.id = f"shop-{uuid4().hex[:10]}"
        self.path = f"/api/v1/projects/{self.id}"
        secret = server.folder.admin_key.read_text().strip()
        self._admin = {"Authorization": f"Bearer {secret}"}
        self._manage("POST", "/api/v1/projects", {"id": self.id, **settings})
        self.write = self.mint("write")
        self.read = self.mint("read")
        self.admin = self.mint("admin")

    def mint(self, role: str, **more: Any) -> str:
        """A new key of this project."""
        made = self._manage("POST", f"{self.path}/keys", {"role": role, **more})
        return str(made["secret"])

    def change(self, **settings: Any) -> None:
        """Change settings of this project."""
        self._manage("PATCH", self.path, settings)

    def send(self, *events: dict[str, Any], **headers: str) -> httpx.Response:
        """Events with this project's write key."""
        return self.server.send(*events, **({"X_API_Key": self.write} | headers))

    def get(self, path: str, **parameters: str) -> httpx.Response:
        """Ask a route under this project with its read key."""
        headers = {"X-API-Key": self.read}
        return self.server.http.get(self.path + path, headers=headers, params=parameters)

    def account(self) -> dict[str, Any]:
        """What became of every event, when nothing waits any more."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found: dict[str, Any] = self.get("/accounting").json()
            assert found["received"] == sum(
                found[cls]
                for cls in ("stored", "duplicate", "refused", "waiting", "expired", "erased")
            )
            if found["waiting"] == 0:
                return found
            assert time.monotonic() < deadline, f"events still wait: {found}"
            time.sleep(0.05)

    def refused(self, reason: str, events: int) -> dict[str, Any]:
        """The accounting, as soon as `events` are refused for `reason`; that is written within a
        second of the answer."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = self.account()
            if found["refused_by_reason"].get(reason) == events:
                return found
            assert time.monotonic() < deadline, f"not refused: {found}"
            time.sleep(0.1)

    def stored(self) -> list[Stored]:
        """Its events in the store, in the order of the log, when nothing waits any more."""
        self.account()
        run = self.server.folder.run()
        assert run is not None
        store = Store(run.store_url())
        try:
            return store.rows(_EVENTS, Stored, project=self.id).data
        finally:
            store.close()

    def _manage(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.server.http.request(method, path, json=body, headers=self._admin)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found
