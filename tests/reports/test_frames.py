from datetime import timedelta
from typing import Any

import polars
import pyarrow  # type: ignore[import-untyped]
import pytest

from desirepath import reports
from desirepath.errors import NotFound
from desirepath.reports import errors, frames, traffic
from desirepath.reports.base import Answer, Report, Scope
from desirepath.reports.traffic_rows import Traffic
from desirepath.store.client import Store
from tests.stories import NOON, tell


def ask_traffic(store: Store, project: str, by: str) -> Answer[Traffic]:
    scope = Scope(project=project, since=NOON, until=NOON + timedelta(hours=2))
    return traffic.run(store, scope, traffic.TrafficParams(by=by, bucket="hour"))


def test_the_main_table(store: Store, project: str) -> None:
    tell(store, "ann: view /a 0, view /b 1h", "bob: view /a 1h", project=project)

    table = frames.table(ask_traffic(store, project, "time,pages"))

    assert table.schema == pyarrow.schema(
        [
            ("start", pyarrow.timestamp("ms", "UTC")),
            ("label", pyarrow.string()),
            ("partial", pyarrow.bool_()),
            ("views", pyarrow.int64()),
            ("visitors", pyarrow.int64()),
            ("sessions", pyarrow.int64()),
        ]
    )
    assert polars.from_arrow(table).rows() == [  # type: ignore[union-attr]
        (NOON, "2026-01-01T12:00+00:00", False, 1, 1, 1),
        (NOON + timedelta(hours=1), "2026-01-01T13:00+00:00", False, 2, 2, 2),
    ]
    assert list(table.to_pandas()["views"]) == [1, 2]


def test_another_table_by_name_or_because_it_alone_was_asked_for(
    store: Store, project: str
) -> None:
    tell(store, "ann: view /a 0, view /b 1h", "bob: view /a 1h", project=project)
    pages = [{"path": "/a", "views": 2, "visitors": 2}, {"path": "/b", "views": 1, "visitors": 1}]

    assert frames.table(ask_traffic(store, project, "pages")).to_pylist() == pages
    assert frames.table(ask_traffic(store, project, "time,pages"), "pages").to_pylist() == pages


def test_a_name_it_has_not(store: Store, project: str) -> None:
    with pytest.raises(NotFound, match=r"traffic has no table 'hats'; it has time, pages"):
        frames.table(ask_traffic(store, project, "pages"), "hats")


def test_rows_in_rows(store: Store, project: str) -> None:
    tell(store, "ann: error it_broke 0", project=project, path="/a", ua_browser="Chrome")
    scope = Scope(project=project, since=NOON, until=NOON + timedelta(hours=2))

    table = frames.table(errors.run(store, scope, errors.ErrorsParams()))

    (row,) = table.to_pylist()
    assert row["pages"] == [{"name": "/a", "errors": 1}]
    assert row["example"]["line"] is None
    assert row["first_seen"] == NOON


@pytest.mark.parametrize("report", reports.ALL, ids=lambda report: str(report.name))
def test_types_are_there_without_rows(store: Store, project: str, report: Report[Any, Any]) -> None:
    scope = Scope(project=project, since=NOON, until=NOON)

    answer = report.run(store, scope, report.example)

    full = frames.table(answer)
    assert full.num_columns > 2
    assert pyarrow.null() not in full.schema.types
