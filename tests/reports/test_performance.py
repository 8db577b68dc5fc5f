from datetime import timedelta

from desirepath.reports.base import Scope
from desirepath.reports.performance import (
    Moment,
    Overall,
    Page,
    Performance,
    PerformanceParams,
    run,
)
from desirepath.store.client import Store
from tests.stories import NOON, tell

NOTHING = (0, None, None, None)


def two_hours(project: str) -> Scope:
    return Scope(project=project, since=NOON, until=NOON + timedelta(hours=2))


def test_how_long_pages_take(store: Store, project: str) -> None:
    tell(store, "ann: load /a 100 0, load /a 200 1, load /b 200 2", project=project)
    tell(store, "ann: load /b 5 3", project=project, load_ms=None)
    tell(store, "bot: load /a 9999 3", project=project, bot=True)

    answer = run(store, two_hours(project), PerformanceParams(bucket="hour"))

    every = (3, 200.0, 200.0, 200.0, 4, 75.0, 100.0, 100.0)
    assert answer.data == Performance(
        overall=Overall(*every),
        pages=[
            Page("/a", 2, 150.0, 175.0, 195.0, 2, 75.0, 87.5, 97.5),
            Page("/b", 1, 200.0, 200.0, 200.0, 2, 51.25, 75.625, 95.125),
        ],
        bucket="hour",
        time=[
            Moment(NOON, "2026-01-01T12:00+00:00", False, *every),
            Moment(NOON + timedelta(hours=1), "2026-01-01T13:00+00:00", False, *NOTHING, *NOTHING),
        ],
    )
    assert answer.meta.left_out == {"bots": 1}


def test_nothing_at_all(store: Store, project: str) -> None:
    answer = run(store, two_hours(project), PerformanceParams())

    assert answer.data == Performance(
        overall=Overall(*NOTHING, *NOTHING),
        pages=[],
        bucket="day",
        time=[Moment(NOON - timedelta(hours=12), "2026-01-01", True, *NOTHING, *NOTHING)],
    )
