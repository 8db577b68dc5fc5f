"""The server's own lines hold no body, no key and no query string, whatever goes wrong."""

import json
from uuid import uuid4

from tests.api.events import event
from tests.api.raw import talk
from tests.api.shop import Shop
from tests.services.server import ServerHandle


def test_nothing_of_what_was_sent_is_written(server: ServerHandle) -> None:
    mark = f"canary{uuid4().hex}"
    shop = Shop(server)
    odd = {"X-API-Key": mark, "Cookie": mark, "User-Agent": f"{mark}\x1b[31m", "Referer": mark}
    bodies = [
        json.dumps({"events": [event(tenantId=None, userId=mark, pageUrl=f"https://{mark}.x/")]}),
        json.dumps({"events": [event(tenantId=mark, sessionId=None, properties={mark: mark})]}),
        json.dumps({"events": [{mark: mark}, mark], mark: mark}),
        f'{{"events":[{mark}',
        f'{{"events":["{mark}\\ud800"]}}',
        mark,
    ]
    for body in bodies:
        for headers in ({"X-API-Key": shop.write}, odd, {"Content-Encoding": "gzip"}, {}):
            sent = {"Content-Type": "application/json", **headers}
            server.http.post("/v1/events", content=body, headers=sent, params={"q": mark})
    for path in ("", "/reports/traffic", "/reports/sessions", "/rejected", "/accounting", "/keys"):
        asked = {"key": mark, "since": mark, "where": f"path={mark}", mark: mark}
        server.http.get(shop.path + path, params=asked)
        shop.get(path, where=f"path={mark}", since="7d")
        shop.get(path, **{mark: mark})
        server.http.post(shop.path + path, json={mark: mark}, headers={"X-API-Key": shop.admin})
    talk(server.port, f"GET /{mark} HTTP/1.1\r\nX-{mark}: {mark}\x00\r\n\r\n".encode())
    shop.account()

    written = server.said()
    assert mark not in written
    for secret in (shop.write, shop.read, shop.admin):
        assert secret not in written
    assert server.folder.admin_key.read_text().strip() not in written
    assert "Traceback" not in written
    assert '"role": "load"' in written, "this server does write lines"
