"""What is sent: the events of the demo's visitors, as TrackFlow bodies, each with a fresh id.

Templates are real requests of the demo with a mark where each id goes, so that a sender only has
to fill ids in. Ids begin with their time, as those of the tracker do.
"""

import os
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import msgspec

from desirepath.demo import Crowd
from desirepath.demo.tracker import Sent

MARK = "0" * 32 + "mark"  # as long as an id
SEED = 7
SINGLES = 64  # templates of one event
BATCHES = 100  # templates of many events


def singles(key: str) -> Iterator[tuple[dict[str, str], bytes]]:
    """Headers and body of requests with one event each, the id to be filled in."""
    now = int(time.time() * 1000)
    for number, sent in enumerate(_requests(key)):
        if number == SINGLES:
            return
        event = msgspec.json.decode(sent.body)["events"][0]
        yield (
            {"user-agent": sent.user_agent, **sent.headers},
            _body([_marked(event, now)], now),
        )


def batches(key: str, events: int, size: int = 20) -> Iterator[bytes]:
    """Bodies of `size` events each, ready to be sent, with `events` events in all."""
    templates = [template.split(MARK.encode()) for template in _batches(key, size)]
    ids = _ids()
    for number in range(events // size):
        parts = templates[number % len(templates)]
        filled = [piece for part in parts[:-1] for piece in (part, next(ids))]
        yield b"".join((*filled, parts[-1]))


def _batches(key: str, size: int) -> Iterator[bytes]:
    now = int(time.time() * 1000)
    waiting: list[dict[str, Any]] = []
    made = 0
    for sent in _requests(key):
        waiting += msgspec.json.decode(sent.body)["events"]
        while len(waiting) >= size and made < BATCHES:
            events, waiting = waiting[:size], waiting[size:]
            yield _body(
                [_marked(event, now - (size - at) * 400) for at, event in enumerate(events)], now
            )
            made += 1
        if made == BATCHES:
            return


def _requests(key: str) -> Iterator[Sent]:
    crowd = Crowd(SEED, key=key)
    for sent in crowd.history(time.time(), events=BATCHES * 40, days=2):
        if "sec-gpc" not in sent.headers:  # else it would be refused, as its sender wishes
            yield sent


def _marked(event: dict[str, Any], milliseconds: int) -> dict[str, Any]:
    # As sent now: what was sent long ago would be another case for the clock correction.
    return event | {"eventId": MARK, "timestamp": milliseconds}


def _body(events: list[dict[str, Any]], sent_at: int) -> bytes:
    return msgspec.json.encode({"events": events, "sentAt": sent_at})


def _ids() -> Iterator[bytes]:
    run, began = os.urandom(4).hex(), time.time_ns() // 1_000_000
    for number in count():
        # About a hundred events to the millisecond; what follows tells them apart.
        moment = f"{began + number // 100:012x}"
        yield f"{moment[:8]}-{moment[8:]}-7000-8000-{run}{number & 0xFFFF:04x}".encode()
