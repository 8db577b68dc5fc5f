from datetime import timedelta

from desirepath.formats.error_group import error_group
from desirepath.reports.base import Scope
from desirepath.reports.errors import Errors, ErrorsParams, Example, Group, Share, run
from desirepath.store.client import Store
from tests.stories import NOON, tell

DAY = timedelta(days=1)


def a_day(project: str) -> Scope:
    return Scope(project=project, since=NOON, until=NOON + DAY)


def named(message: str) -> str:
    return error_group("Error", message, "", "", None, None)


def test_who_was_hit_by_what(store: Store, project: str) -> None:
    tell(store, "ann: error it_broke -9d", project=project, path="/old")
    tell(store, "ann: error it_broke 0", project=project, path="/a", ua_browser="Firefox")
    tell(
        store,
        "ann: error it_broke 10, error it_broke 20",
        project=project,
        path="/b",
        browser="Chrome",
        error_stack="at add (app.js:1:2)",
        error_source="https://example.com/app.js",
        error_line=1,
        page_url="https://example.com/b",
    )
    tell(store, "bob: error it_hangs 30", project=project)
    tell(store, "bot: error it_broke 40", project=project, bot=True)

    answer = run(store, a_day(project), ErrorsParams())

    assert answer.data == Errors(
        errors=4,
        users=2,
        sessions=2,
        groups=[
            Group(
                named("it broke"),
                "Error",
                "it broke",
                errors=3,
                users=1,
                sessions=1,
                first_seen=NOON - 9 * DAY,
                last_seen=NOON + timedelta(seconds=20),
                pages=[Share("/b", 2), Share("/a", 1)],
                browsers=[Share("Chrome", 2), Share("Firefox", 1)],
                example=Example(
                    NOON + timedelta(seconds=20),
                    "https://example.com/app.js",
                    1,
                    None,
                    "at add (app.js:1:2)",
                    "https://example.com/b",
                    "ann-1",
                ),
            ),
            Group(
                named("it hangs"),
                "Error",
                "it hangs",
                errors=1,
                users=1,
                sessions=1,
                first_seen=NOON + timedelta(seconds=30),
                last_seen=NOON + timedelta(seconds=30),
                pages=[Share("", 1)],
                browsers=[Share("", 1)],
                example=Example(NOON + timedelta(seconds=30), "", None, None, "", "", "bob-1"),
            ),
        ],
    )
    assert answer.meta.left_out == {"bots": 1}


def test_the_example_is_the_latest_also_of_two_at_once(store: Store, project: str) -> None:
    tell(store, "ann: error no_user_1 0, error no_user_2 0", project=project)

    (group,) = run(store, a_day(project), ErrorsParams()).data.groups

    assert group.message == "no user 2"


def test_no_error(store: Store, project: str) -> None:
    tell(store, "ann: view /a 0", project=project)

    assert run(store, a_day(project), ErrorsParams()).data == Errors(
        errors=0, users=0, sessions=0, groups=[]
    )
