from datetime import datetime, timedelta
from typing import Any

import pytest

from desirepath.errors import Invalid
from desirepath.reports.base import Scope
from desirepath.reports.sessions import Session, SessionEvent, Sessions, SessionsParams, run
from desirepath.reports.where import parse
from desirepath.store.client import Store
from tests.stories import NOON, tell


def a_week(project: str, *where: str, **changes: Any) -> Scope:
    told = {"since": NOON, "until": NOON + timedelta(days=7)}
    return Scope(project=project, filters=[parse(one) for one in where], **(told | changes))


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def names(store: Store, scope: Scope, **params: Any) -> list[str]:
    return [one.session for one in run(store, scope, SessionsParams(**params)).data.sessions]


def starts(store: Store, scope: Scope, **params: Any) -> list[tuple[str, float, float]]:
    """(actor, start and length in seconds), oldest first."""
    rows = run(store, scope, SessionsParams(**params)).data.sessions
    return [(row.actor, (row.start - NOON).total_seconds(), row.duration_s) for row in rows][::-1]


def test_two_visits(store: Store, project: str) -> None:
    tell(store, "ann: view /a 0, click buy 5, view /b 9", project=project, country="DE")
    tell(store, "ann: error it_broke 12", project=project, ua_browser="Firefox", os="Linux")
    tell(store, "bob: signup 3", project=project, ua_device="mobile")
    tell(store, ": view /a 4", project=project)
    tell(store, "bot: view /a 4", project=project, bot=True)

    answer = run(store, a_week(project), SessionsParams())

    assert answer.data == Sessions(
        sessions=[
            Session(
                "bob-1",
                after(3),
                after(3),
                0.0,
                1,
                0,
                0,
                "",
                "",
                "",
                "mobile",
                "",
                "",
                "bob",
                "user",
            ),
            Session(
                "ann-1",
                after(0),
                after(12),
                12.0,
                4,
                2,
                1,
                "/a",
                "/b",
                "DE",
                "",
                "Linux",
                "Firefox",
                "ann",
                "user",
            ),
        ],
        next=None,
        events=None,
    )
    assert answer.meta.left_out == {"bots": 1, "no_session": 1}


def test_one_session_with_its_events(store: Store, project: str) -> None:
    tell(store, "ann: view /a 0, click buy 5, click sell 5", "bob: view /a 3", project=project)

    data = run(store, a_week(project), SessionsParams(session_id="ann-1")).data

    assert [one.session for one in data.sessions] == ["ann-1"]
    assert data.events is not None
    assert data.events[0] == SessionEvent(
        NOON,
        data.events[0].event_id,
        "trackflow",
        "page_view",
        "/a",
        "Title of /a",
        "",
        "",
        "",
        None,
        0,
        "",
    )
    assert [(one.time, one.element_text) for one in data.events[1:]] == [
        (after(5), "buy"),
        (after(5), "sell"),
    ]


def test_a_session_there_is_not(store: Store, project: str) -> None:
    data = run(store, a_week(project), SessionsParams(session_id="nobody")).data

    assert data == Sessions(sessions=[], next=None, events=[])


def test_who_signs_in_on_the_way(store: Store, project: str) -> None:
    tell(store, "ann: view /a 0", project=project, actor="a7", actor_kind="anonymous", user_id="")
    tell(store, "ann: view /b 9", project=project)

    (row,) = run(store, a_week(project), SessionsParams()).data.sessions

    assert (row.actor, row.actor_kind) == ("ann", "user")


def test_a_filter_picks_sessions_and_shows_all_of_them(store: Store, project: str) -> None:
    tell(store, "ann: view /a 0, view /b 9", "bob: view /a 3", project=project)

    (row,) = run(store, a_week(project, "path=/b"), SessionsParams()).data.sessions

    assert (row.session, row.pages, row.entry_path, row.duration_s) == ("ann-1", 2, "/a", 9.0)
    assert names(store, a_week(project, "path=/b"), sessions="30m") == [
        f"ann@{round(NOON.timestamp() * 1000)}"
    ]
    assert names(store, a_week(project, "load_ms>0"), sessions="30m") == []


def test_page_by_page(store: Store, project: str) -> None:
    tell(store, *(f"{who}: view /a {n}" for n, who in enumerate("abcde")), project=project)
    scope = a_week(project, limit=2)

    first = run(store, scope, SessionsParams()).data
    assert first.next is not None
    second = run(store, scope, SessionsParams(cursor=first.next)).data
    assert second.next is not None
    third = run(store, scope, SessionsParams(cursor=second.next)).data

    pages = [[one.session for one in page.sessions] for page in (first, second, third)]
    assert pages == [["e-1", "d-1"], ["c-1", "b-1"], ["a-1"]]
    assert third.next is None


def test_sessions_that_began_at_once_are_each_shown_once(store: Store, project: str) -> None:
    tell(store, "b: view /a 0", "a: view /a 0", "c: view /a 0", project=project)
    scope = a_week(project, limit=1)

    found, cursor = [], ""
    while True:
        page = run(store, scope, SessionsParams(cursor=cursor)).data
        found += [one.session for one in page.sessions]
        if page.next is None:
            break
        cursor = page.next

    assert found == ["c-1", "b-1", "a-1"]


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        pytest.param(
            "ann: view /a 0, view /b 30m", [("ann", 0, 1800)], id="30 minutes is no pause"
        ),
        pytest.param(
            "ann: view /a 0, view /b 1800.001",
            [("ann", 0, 0), ("ann", 1800.001, 0)],
            id="more than 30 minutes is",
        ),
        pytest.param(
            "ann: " + ", ".join(f"view /a {n * 20}m" for n in range(75)),
            [("ann", 0, 86_400 - 1200), ("ann", 86_400, 1200 * 2)],
            id="cut after 24 hours",
        ),
        pytest.param(
            "ann: view /a 11.5h, view /b 12h",
            [("ann", 11.5 * 3600, 1800)],
            id="not cut at midnight",
        ),
    ],
)
def test_sessions_made_anew(
    store: Store, project: str, story: str, expected: list[tuple[str, float, float]]
) -> None:
    tell(store, story, project=project)

    assert starts(store, a_week(project), sessions="30m") == expected


def test_two_tabs_are_one_session_when_made_anew(store: Store, project: str) -> None:
    tell(store, "ann/1: view /a 0", "ann/2: view /b 60", project=project)

    assert names(store, a_week(project)) == ["ann-2", "ann-1"]
    assert starts(store, a_week(project), sessions="30m") == [("ann", 0, 60)]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"sessions": "often"}, "sessions"),
        ({"cursor": "what"}, "cursor"),
        ({"cursor": "a@99999999999999999999"}, "cursor"),
        ({"cursor": "a@nan"}, "cursor"),
        ({"sessions": "30m", "session_id": "ann"}, "session_id"),
    ],
)
def test_what_is_refused(store: Store, project: str, params: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        run(store, a_week(project), SessionsParams(**params))

    assert caught.value.field == field
