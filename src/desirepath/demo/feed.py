"""From the demo's requests to the log, by the same steps as requests over HTTP take.

Requests are taken as received when they say, so that the history lies in the past. Each day of it
has a salt of its own for pseudonyms, made for this run and never written down.
"""

import hmac
import secrets
from collections.abc import Callable, Iterable

from msgspec import Struct

from desirepath.demo.rhythm import DAY
from desirepath.demo.tracker import Sent
from desirepath.formats import trackflow
from desirepath.ingest import HEADERS, pipeline, recognise
from desirepath.ingest.base import Hit, Place
from desirepath.intake import take
from desirepath.log.base import Appender, Draft
from desirepath.model.project import Project

BATCH = 2000  # drafts appended at once


class Fed(Struct):
    """What became of the requests."""

    requests: int = 0
    accepted: int = 0  # events
    refused: int = 0  # events, by the browsers' own wish


def feed(
    requests: Iterable[Sent],
    *,
    project: Project,
    appender: Appender,
    locate: Callable[[str], Place] | None = None,
    progress: Callable[[Fed], None] | None = None,
) -> Fed:
    """Take `requests` into the log; returns when they are durable. `progress`: after each append.

    Raises LogFull or LogBroken, and leaves out what comes after.
    """
    steps, root = pipeline(trackflow.FORBIDS), secrets.token_bytes(32)
    salts: dict[int, bytes] = {}
    drafts: list[Draft] = []
    fed = Fed()
    for sent in requests:
        day = int(sent.received_at // DAY)
        if day not in salts:
            salts[day] = hmac.digest(root, str(day).encode(), "sha256")
        batch = trackflow.read(sent.body)
        hit = Hit(
            project=project,
            received_at=sent.received_at,
            sent_at=batch.sent_at,
            ip=sent.ip,
            user_agent=sent.user_agent,
            headers={name: text for name, text in sent.headers.items() if name in HEADERS},
            salt=salts[day],
            locate=locate,
        )
        recognise(hit)
        taken = take(batch.items, hit, steps)
        drafts += taken.drafts
        fed.requests += 1
        fed.accepted += taken.accepted
        fed.refused += len(taken.rejected)
        if len(drafts) >= BATCH:
            _append(drafts, appender, progress, fed)
            drafts = []
    _append(drafts, appender, progress, fed)
    return fed


def _append(
    drafts: list[Draft], appender: Appender, progress: Callable[[Fed], None] | None, fed: Fed
) -> None:
    appender.append(drafts)
    if progress is not None:
        progress(fed)
