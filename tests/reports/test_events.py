from datetime import datetime, timedelta

from desirepath.reports.base import Scope
from desirepath.reports.events import Events, EventsParams, Kind, Moment, run
from desirepath.store.client import Store
from tests.stories import NOON, tell


def two_hours(project: str) -> Scope:
    return Scope(project=project, since=NOON, until=NOON + timedelta(hours=2))


def at(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_what_happened(store: Store, project: str) -> None:
    tell(store, "ann: view /a 0, signup 5, view /b 9", "bob: view /a 3", project=project)
    tell(store, "cat: open 7", project=project, surface="clickstream", component="menu")
    tell(store, "dan: view /a 8", project=project, actor="x", actor_kind="daily")
    tell(store, "bot: view /a 8", project=project, bot=True)

    answer = run(store, two_hours(project), EventsParams())

    assert answer.data == Events(
        events=6,
        persons=3,
        bucket=None,
        kinds=[
            Kind("trackflow", "page_view", "", 4, 2, at(0), at(9), None),
            Kind("clickstream", "open", "menu", 1, 1, at(7), at(7), None),
            Kind("trackflow", "signup", "", 1, 1, at(5), at(5), None),
        ],
    )
    assert answer.meta.left_out == {"no_person": 1, "bots": 1}


def test_over_time(store: Store, project: str) -> None:
    tell(store, "ann: signup 5, signup 1h", "bob: signup 65m", project=project)

    answer = run(store, two_hours(project), EventsParams(bucket="hour"))

    assert answer.data.kinds[0].time == [
        Moment(at(0), "2026-01-01T12:00+00:00", False, 1),
        Moment(at(3600), "2026-01-01T13:00+00:00", False, 2),
    ]


def test_nothing_at_all(store: Store, project: str) -> None:
    answer = run(store, two_hours(project), EventsParams(bucket="hour"))

    assert answer.data == Events(events=0, persons=0, bucket="hour", kinds=[])
    assert answer.meta.left_out == {"no_person": 0, "bots": 0}
