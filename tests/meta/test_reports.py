"""Rules that hold for every report, now and later. A new report joins by being in ALL."""

import math
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from desirepath import reports
from desirepath.errors import NotFound
from desirepath.reports import base
from desirepath.reports.base import Answer, Report, Scope
from desirepath.reports.where import HOLE, Filter
from desirepath.store.client import Store
from tests.meta import report_pages
from tests.reports.store import project, reader, store, urls
from tests.stories import NOON, tell

__all__ = ["project", "reader", "store", "urls"]

every_report = pytest.mark.parametrize("report", reports.ALL, ids=lambda report: str(report.name))

TEXTS = [(report.name, name) for report in reports.ALL for name in report.sql]
every_text = pytest.mark.parametrize(("name", "text"), TEXTS)

STORIES = [
    "ann: view /a 0, load /a 100 1, click buy 2, error it_broke 3, view /b 4, signup 5",
    "bob: view /a 10, load /a 900 11, error it_hangs 12, request /x 404 13",
]


def a_day(project: str, **changes: Any) -> Scope:
    return Scope(project=project, since=NOON, until=NOON + timedelta(days=1), **changes)


def sources(sql: str) -> set[str]:
    """What stands after FROM and JOIN, but for subqueries."""
    return set(re.findall(r"\b(?:FROM|JOIN)\s+(?!\()([^\n]+)", sql))


def numbers(value: Any) -> Iterator[float]:
    match value:
        case dict():
            for one in value.values():
                yield from numbers(one)
        case list():
            for one in value:
                yield from numbers(one)
        case float():
            yield value


@every_report
def test_its_example_runs_on_an_empty_store(store: Store, report: Report[Any, Any]) -> None:
    answer = report.run(store, Scope(project="nobody", since=NOON, until=NOON), report.example)

    assert isinstance(answer, Answer)
    assert isinstance(answer.data, report.answer)
    assert not any(answer.meta.left_out.values())


@every_report
def test_it_needs_no_more_than_the_right_to_read(
    reader: Store, store: Store, project: str, report: Report[Any, Any]
) -> None:
    tell(store, *STORIES, project=project)
    scope = a_day(project)

    read = report.run(reader, scope, report.params()).data

    assert read == report.run(store, scope, report.params()).data


@every_report
def test_its_answer_is_json_and_comes_back_the_same(
    store: Store, project: str, report: Report[Any, Any]
) -> None:
    tell(store, *STORIES, project=project)

    answer = report.run(store, a_day(project), report.example)

    text = msgspec.json.encode(answer)
    whole = Answer[report.answer]  # type: ignore[name-defined]
    assert msgspec.json.decode(text, type=whole).data == answer.data
    assert all(math.isfinite(number) for number in numbers(msgspec.json.decode(text)))


def never_counts_another_project(
    store: Store, project: str, report: Report[Any, Any], params: Any
) -> bool:
    tell(store, *STORIES, project=project)
    scope = a_day(project)
    alone = report.run(store, scope, params)

    # The same people and sessions, so that nothing but the project keeps them apart.
    tell(store, *STORIES, project=f"{project}x", title="canary")
    tell(store, "canary: view /canary 1, error canary 2, load /canary 1 3", project=f"{project}x")
    tell(store, *STORIES, project=f"{project}x", bot=True)

    together = report.run(store, scope, params)
    same = together.data == alone.data and together.meta.left_out == alone.meta.left_out
    return same and b"canary" not in msgspec.json.encode(together)


@every_report
def test_it_never_counts_another_project(
    store: Store, project: str, report: Report[Any, Any]
) -> None:
    assert never_counts_another_project(store, project, report, report.params())
    assert never_counts_another_project(store, f"{project}-2", report, report.example)


@every_report
def test_the_view_is_what_keeps_projects_apart(
    store: Store, project: str, report: Report[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above: a report that read the table would not pass it."""
    module = sys.modules[report.run.__module__]
    for name, text in vars(module).copy().items():
        if isinstance(text, str) and "FROM events_of" in text:
            bare = text.replace("events_of(project = {project:String})", "events")
            monkeypatch.setattr(module, name, bare)

    assert not never_counts_another_project(store, project, report, report.params())


@every_text
def test_its_sql_reads_nothing_but_the_view_of_one_project(name: str, text: str) -> None:
    sql = reports.report(name).sql[text]

    assert sources(sql) == {"events_of(project = {project:String}) AS e"}
    assert not re.search(r"\b(?:SETTINGS|INTO OUTFILE|FORMAT)\b", sql)


def test_so_does_what_counts_the_bots() -> None:
    assert sources(base.COUNT_BOTS) == {"events_of(project = {project:String}) AS e"}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM events WHERE project = {project:String}",
        "SELECT 1 FROM (\n  SELECT 2 FROM events_of(project = 'a') AS e\n)",
        "SELECT 1 FROM events_of(project = {project:String}) AS e JOIN events AS x USING (actor)",
        "SELECT 1\nFROM\n  merge('desirepath', 'events')",
    ],
)
def test_the_rule_about_sql_finds_what_breaks_it(sql: str) -> None:
    assert sources(sql) != {"events_of(project = {project:String}) AS e"}


@every_report
def test_every_sql_that_a_report_has_is_named_in_it(report: Report[Any, Any]) -> None:
    texts = {
        value
        for value in vars(sys.modules[report.run.__module__]).values()
        if isinstance(value, str) and "events_of" in value
    }

    assert texts == {*report.sql.values()}


@every_report
def test_filters_enter_by_one_hole_a_query(report: Report[Any, Any]) -> None:
    holes = [sql.count(HOLE) for sql in report.sql.values()]

    # A query without one describes rows that another has chosen.
    assert set(holes) <= {0, 1}
    assert 1 in holes


@every_report
@pytest.mark.parametrize(
    "none",
    [
        Filter(column="path", values=["/nowhere"]),
        Filter(column="actor", op="starts_with", values=["' OR 1=1 --"]),
        Filter(column="viewport_w", op="is_not", values=[5]),
    ],
    ids=lambda one: str(one.column),
)
def test_a_filter_that_nothing_passes_leaves_nothing(
    store: Store, project: str, report: Report[Any, Any], none: Filter
) -> None:
    empty = report.run(store, a_day(project, filters=[none]), report.params())

    tell(store, *STORIES, project=project)
    tell(store, *STORIES, project=project, bot=True)

    filtered = report.run(store, a_day(project, filters=[none]), report.params())
    assert filtered.data == empty.data
    assert filtered.meta.left_out == empty.meta.left_out


@every_report
def test_bots_are_left_out_and_counted_or_counted_in(
    store: Store, project: str, report: Report[Any, Any]
) -> None:
    tell(store, *STORIES, project=project)
    alone = report.run(store, a_day(project), report.params())
    tell(store, *STORIES, project=project, bot=True)

    without = report.run(store, a_day(project), report.params())
    included = report.run(store, a_day(project, bots=True), report.params())

    assert without.data == alone.data
    assert (alone.meta.left_out["bots"], without.meta.left_out["bots"] > 0) == (0, True)
    assert "bots" not in included.meta.left_out
    assert included.data != without.data


@every_report
def test_expired_events_are_gone(store: Store, project: str, report: Report[Any, Any]) -> None:
    empty = report.run(store, a_day(project), report.params())

    tell(store, *STORIES, project=project, expires_at="2026-01-02")

    assert report.run(store, a_day(project), report.params()).data == empty.data


class _Any(msgspec.Struct):
    pass


@every_report
def test_the_sql_it_shows_can_be_run_again(
    store: Store, project: str, report: Report[Any, Any]
) -> None:
    tell(store, *STORIES, project=project)
    scope = a_day(project, filters=[Filter(column="path", op="is_not", values=["/it's"])])

    meta = report.run(store, scope, report.example).meta

    assert meta.rows_read > 0
    for text in meta.sql.split(";\n\n"):
        store.rows(text, _Any, **meta.values)


@every_report
def test_it_says_what_it_is(report: Report[Any, Any]) -> None:
    assert re.fullmatch(r"[A-Z]\w+: [^.]+\.", report.title)
    assert report.title.startswith(report.name.capitalize())
    assert report.table in report.answer.__struct_fields__
    assert isinstance(report.params(), report.params)


def test_names() -> None:
    names = [report.name for report in reports.ALL]

    assert len(names) == len(set(names))
    with pytest.raises(NotFound, match=f"there is no report 'hats'; there are {', '.join(names)}"):
        reports.report("hats")


def test_every_page_is_there_and_says_what_the_report_answers(store: Store, project: str) -> None:
    report_pages.tell_the_example(store, project)
    made = dict(report_pages.pages(store, project))
    there = {path.name: path.read_text(encoding="utf-8") for path in report_pages.FOLDER.iterdir()}

    stale = sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))
    assert stale == [], "run: python -m tests.meta.report_pages"
