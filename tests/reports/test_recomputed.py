"""Each report equals an independent recomputation, exactly, on random events around DST nights."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from desirepath.reports import errors, events, performance, sessions, traffic
from desirepath.reports.base import Scope
from desirepath.reports.buckets import Size
from desirepath.store.client import Store
from tests.reports import reference
from tests.reports.random_events import random_events
from tests.stories import Placed, insert

# Berlin and St John's change their clocks inside the period; Kathmandu is 5:45 ahead, always.
PERIODS = [
    ("Europe/Berlin", datetime(2026, 3, 26, 7, 30, tzinfo=UTC), 6),
    ("Europe/Berlin", datetime(2026, 10, 24, 23, 0, 0, 250_000, tzinfo=UTC), 2),
    ("America/St_Johns", datetime(2026, 3, 7, 12, tzinfo=UTC), 3),
    ("America/St_Johns", datetime(2026, 10, 31, tzinfo=UTC), 3),
    ("Asia/Kathmandu", datetime(2026, 4, 10, 18, 15, tzinfo=UTC), 40),
]

every_period = pytest.mark.parametrize(
    ("timezone", "since", "days"), PERIODS, ids=[f"{z} {d:%b}" for z, d, _ in PERIODS]
)


class Told:
    """Random events of one project, and of another that holds the same people and sessions."""

    def __init__(
        self, store: Store, project: str, timezone: str, since: datetime, days: int
    ) -> None:
        random = Random(f"{timezone} {since}")
        self.store = store
        until = since + timedelta(days=days)
        self.placed: list[Placed] = random_events(random, since, until, 400)
        insert(store, project, self.placed)
        insert(store, f"{project}x", random_events(random, since, until, 50))
        self.scope = Scope(project=project, since=since, until=until, timezone=timezone)

    def with_(self, **changes: Any) -> Scope:
        return msgspec.structs.replace(self.scope, **changes)


@pytest.fixture
def told(store: Store, project: str, timezone: str, since: datetime, days: int) -> Told:
    return Told(store, project, timezone, since, days)


@every_period
@pytest.mark.parametrize("size", ["hour", "day", "week", "month"])
def test_traffic(told: Told, size: Size) -> None:
    for scope, requests in ((told.scope, False), (told.with_(bots=True, limit=2), True)):
        types = ("page_view", "request") if requests else ("page_view",)
        params = traffic.TrafficParams(bucket=size, compare=True, requests=requests)

        answer = traffic.run(told.store, scope, params)

        found = reference.views(told.placed, scope, *types)
        earlier = msgspec.structs.replace(
            scope, since=scope.since - (scope.until - scope.since), until=scope.since
        )
        data = answer.data
        assert data.total == reference.total(found)
        assert data.previous == reference.total(reference.views(told.placed, earlier, *types))
        assert data.time == reference.over_time(found, scope, size)
        for section in reference.BREAKDOWNS:
            rows = [msgspec.structs.astuple(row) for row in getattr(data, section)]
            assert rows == reference.breakdown(found, section, scope.limit), section
        every = reference.views(told.placed, scope, "page_view", "request")
        assert data.statuses is not None
        assert [msgspec.structs.astuple(row) for row in data.statuses] == (
            reference.statuses(every)[: scope.limit]
        )
        left = {} if scope.bots else {"bots": reference.bots(told.placed, scope, *types)}
        assert answer.meta.left_out == left


@every_period
@pytest.mark.parametrize("size", [None, "day"])
def test_events(told: Told, size: Size | None) -> None:
    for scope in (told.scope, told.with_(bots=True, limit=2)):
        answer = events.run(told.store, scope, events.EventsParams(bucket=size))

        assert answer.data == reference.events(told.placed, scope, size)
        strangers = [
            event
            for event in reference.kept(told.placed, scope)
            if event.actor_kind not in ("user", "anonymous")
        ]
        left = {} if scope.bots else {"bots": reference.bots(told.placed, scope)}
        assert answer.meta.left_out == {"no_person": len(strangers), **left}


@every_period
def test_errors(told: Told) -> None:
    half = told.scope.since + (told.scope.until - told.scope.since) / 2
    for scope in (told.scope, told.with_(bots=True, limit=2), told.with_(since=half)):
        answer = errors.run(told.store, scope, errors.ErrorsParams())

        assert answer.data == reference.errors(told.placed, scope)
        left = {} if scope.bots else {"bots": reference.bots(told.placed, scope, "error")}
        assert answer.meta.left_out == left


@every_period
@pytest.mark.parametrize("size", ["hour", "day"])
def test_performance(told: Told, size: Size) -> None:
    for scope in (told.scope, told.with_(bots=True, limit=2)):
        answer = performance.run(told.store, scope, performance.PerformanceParams(bucket=size))

        assert answer.data == reference.performance(told.placed, scope, size)


@every_period
@pytest.mark.parametrize("pause", ["", "30m", "1m", "3d"])
def test_sessions(told: Told, pause: str) -> None:
    for scope in (told.scope, told.with_(bots=True)):
        if pause:
            idle = {"30m": 30, "1m": 1, "3d": 3 * 24 * 60}[pause]
            found = reference.made(told.placed, scope, timedelta(minutes=idle))
        else:
            found = reference.sent(told.placed, scope)
        expected = reference.listed(found)

        answer = sessions.run(told.store, scope, sessions.SessionsParams(sessions=pause))
        assert answer.data.sessions == expected[:100]
        nobody = [
            event
            for event in reference.kept(told.placed, scope)
            if not (event.actor if pause else event.session_id)
        ]
        left = {} if scope.bots else {"bots": reference.bots(told.placed, scope)}
        reason = "no_actor" if pause else "no_session"
        assert answer.meta.left_out == {reason: len(nobody), **left}
        if scope.bots:
            continue

        paged: list[sessions.Session] = []
        cursor: str | None = ""
        while cursor is not None:
            page = sessions.run(
                told.store,
                msgspec.structs.replace(scope, limit=len(expected) // 3 + 1),
                sessions.SessionsParams(sessions=pause, cursor=cursor),
            ).data
            assert page.sessions
            paged += page.sessions
            cursor = page.next
        assert paged == expected

        for row in expected[:: len(expected) // 3 + 1]:
            one = sessions.run(
                told.store, scope, sessions.SessionsParams(sessions=pause, session_id=row.session)
            ).data
            assert one.sessions == [row]
            assert one.events == reference.session_events(found[row.session])
