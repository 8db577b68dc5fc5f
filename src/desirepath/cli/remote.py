"""A running server, as the command line asks it: standard library HTTP, the server's own errors."""

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

import msgspec

from desirepath.errors import DesirepathError, Refused, Unavailable


class Remote:
    """A server at `url`; `key` goes into a header, never into the address."""

    def __init__(self, url: str, key: str = "") -> None:
        self._url = url.rstrip("/")
        self._headers = {"Content-Type": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"

    def report(self, project: str, name: str, asked: dict[str, Any]) -> dict[str, Any]:
        """The answer of a report, as the server gave it."""
        return self.post(f"/api/v1/projects/{quote(project)}/reports/{quote(name)}", asked)

    def post(self, path: str, body: object) -> dict[str, Any]:
        """The JSON answer. Raises what the server said, or Unavailable where it says nothing."""
        request = urllib.request.Request(
            self._url + path, json.dumps(body).encode(), self._headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                found: dict[str, Any] = msgspec.json.decode(answer.read())
                return found
        except urllib.error.HTTPError as exc:
            raise _error(exc) from exc
        except OSError as exc:
            raise Unavailable(f"{self._url} does not answer: {exc}") from exc


def _error(exc: urllib.error.HTTPError) -> DesirepathError:
    try:
        error = msgspec.json.decode(exc.read())["error"]
        message = f"{error['message']} ({exc.code} {error['code']})"
    except (msgspec.DecodeError, KeyError, TypeError):
        message = f"the server answered {exc.code} {exc.reason}"
    return Unavailable(message) if exc.code in (429, 503) else Refused(message)
