from datetime import datetime, timedelta
from typing import Any

import pytest

from desirepath.errors import Invalid
from desirepath.reports.base import Scope
from desirepath.reports.traffic import TrafficParams, run
from desirepath.reports.traffic_rows import (
    Browser,
    City,
    Country,
    Device,
    Moment,
    Page,
    Referrer,
    Region,
    Source,
    Status,
    System,
    Total,
    Traffic,
)
from desirepath.reports.where import parse
from desirepath.store.client import Store
from tests.stories import NOON, tell


def scope(project: str, **changes: Any) -> Scope:
    period: dict[str, Any] = {"since": NOON, "until": hour(2)}
    return Scope(project=project, **(period | changes))


def hour(number: int) -> datetime:
    return NOON + timedelta(hours=number)


def total(store: Store, scope: Scope, **params: Any) -> Total:
    return run(store, scope, TrafficParams(by=(), **params)).data.total


def test_a_morning(store: Store, project: str) -> None:
    tell(store, "ann: view /a 0, view /b 40, click buy 41", "bob: view /a 1h", project=project)

    answer = run(store, scope(project), TrafficParams(bucket="hour", compare=True))

    assert answer.data == Traffic(
        total=Total(3, 2, 2, 0.5, {"user": 2}),
        previous=Total(0, 0, 0, None, {}),
        bucket="hour",
        time=[
            Moment(hour(0), "2026-01-01T12:00+00:00", False, 2, 1, 1),
            Moment(hour(1), "2026-01-01T13:00+00:00", False, 1, 1, 1),
        ],
        pages=[Page("/a", 2, 2), Page("/b", 1, 1)],
        referrers=[Referrer("direct", "", 3, 2)],
        sources=[],
        devices=[Device("", 3, 2)],
        browsers=[Browser("", 3, 2)],
        systems=[System("", 3, 2)],
        countries=[Country("", 3, 2)],
        regions=[Region("", "", 3, 2)],
        cities=[City("", "", "", 3, 2)],
        statuses=[],
    )
    assert answer.meta.left_out == {"bots": 0}


def test_nothing_at_all(store: Store, project: str) -> None:
    answer = run(store, scope(project), TrafficParams(bucket="hour"))

    assert answer.data == Traffic(
        total=Total(0, 0, 0, None, {}),
        previous=None,
        bucket="hour",
        time=[
            Moment(hour(0), "2026-01-01T12:00+00:00", False, 0, 0, 0),
            Moment(hour(1), "2026-01-01T13:00+00:00", False, 0, 0, 0),
        ],
        pages=[],
        referrers=[],
        sources=[],
        devices=[],
        browsers=[],
        systems=[],
        countries=[],
        regions=[],
        cities=[],
        statuses=[],
    )


def test_where_they_came_from(store: Store, project: str) -> None:
    for host in ("", "www.example.com", "example.com", "t.co", "t.co", "www.t.co"):
        tell(store, "ann: view /a 0", project=project, referrer_host=host)
    tell(store, "ann: view /a 0", project=project, utm_source="letter", utm_campaign="may")

    answer = run(store, scope(project), TrafficParams(by="referrers, sources"))

    assert answer.data.referrers == [
        Referrer("direct", "", 2, 1),
        Referrer("external", "t.co", 2, 1),
        Referrer("internal", "", 2, 1),
        Referrer("external", "www.t.co", 1, 1),
    ]
    assert answer.data.sources == [Source("letter", "", "may", 1, 1)]
    assert answer.data.time is None


def test_who_is_only_a_pseudonym_is_new_every_day(store: Store, project: str) -> None:
    tell(store, "ann: view /a 0, view /a 60", project=project, actor="x1", actor_kind="daily")
    tell(store, "ann: view /a 1h", project=project, actor="x2", actor_kind="daily")
    tell(store, "bob: view /a 0", ": view /a 9", project=project)

    assert total(store, scope(project)) == Total(5, 3, 2, 0.5, {"daily": 2, "user": 1})


def test_bots_are_left_out_and_counted(store: Store, project: str) -> None:
    tell(store, "ann: view /a 0", project=project)
    tell(store, "crawler: view /a 0, view /b 1, click x 2", project=project, bot=True)

    without = run(store, scope(project), TrafficParams(by="pages"))
    with_bots = run(store, scope(project, bots=True), TrafficParams(by="pages"))

    assert (without.data.pages, without.meta.left_out) == ([Page("/a", 1, 1)], {"bots": 2})
    assert with_bots.data.pages == [Page("/a", 2, 2), Page("/b", 1, 1)]
    assert with_bots.meta.left_out == {}


def test_lines_of_a_log_that_showed_no_page(store: Store, project: str) -> None:
    tell(store, "ann: request /a.css 200 1, request /gone 404 2", project=project)
    tell(store, "ann: view /a 0", project=project, http_status=200)

    asked = TrafficParams(by="pages,statuses")
    pages = run(store, scope(project), asked).data
    every = run(store, scope(project), TrafficParams(by="pages,statuses", requests=True)).data

    assert pages.pages == [Page("/a", 1, 1)]
    assert every.pages == [Page("/a", 1, 1), Page("/a.css", 1, 1), Page("/gone", 1, 1)]
    assert pages.statuses == every.statuses == [Status(200, 2, 1), Status(404, 1, 1)]


def test_bounces_are_not_known_of_a_few_pages(store: Store, project: str) -> None:
    tell(store, "ann: view /a 0, view /b 1", "bob: view /a 0", project=project, country="DE")

    def share(*where: str) -> float | None:
        return total(store, scope(project, filters=[parse(one) for one in where])).bounce_share

    assert share() == 0.5
    assert share("country=DE") == 0.5
    assert share("path=/a") is None
    assert share("country=DE", "referrer_host=") is None


def test_the_period_before(store: Store, project: str) -> None:
    tell(store, "ann: view /a -2h, view /a -1, view /a 0", project=project)
    tell(store, "bob: view /a 2h", project=project)  # `until` is not included

    answer = run(store, scope(project), TrafficParams(by=(), compare=True))

    assert answer.data.total == Total(1, 1, 1, 1.0, {"user": 1})
    assert answer.data.previous == Total(2, 1, 1, 0.0, {"user": 1})
    assert answer.meta.values["since"] == NOON


def test_the_limit(store: Store, project: str) -> None:
    tell(store, "ann: view /a 0, view /b 1, view /b 2, view /c 3", project=project)

    data = run(store, scope(project, limit=2), TrafficParams(by="pages,countries")).data

    assert data.pages == [Page("/b", 2, 1), Page("/a", 1, 1)]
    assert data.countries == [Country("", 4, 1)]


def test_a_section_there_is_not(store: Store, project: str) -> None:
    with pytest.raises(Invalid, match="there is no section 'hats'; there are time, pages") as no:
        run(store, scope(project), TrafficParams(by="pages,hats"))

    assert no.value.field == "by"
