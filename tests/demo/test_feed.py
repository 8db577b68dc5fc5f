from collections.abc import Iterator
from pathlib import Path

import pytest

from desirepath.demo import Crowd, Fed, addresses_in, feed
from desirepath.demo.rhythm import DAY
from desirepath.errors import LogFull
from desirepath.ingest.base import Place
from desirepath.log.base import Kind, Record
from desirepath.log.sqlite import claim
from desirepath.model.project import Project
from desirepath.place import open_places
from tests.cli.importing.conftest import bodies, records
from tests.shared_data import shared

END = 1_795_000_000.0
PROJECT = Project(id="demo")


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Fed, list[Record]]]:
    """4,000 events, as they lie in the log."""
    folder = tmp_path_factory.mktemp("demo")
    appender = claim(folder)
    found = feed(Crowd(5).history(END, events=4000), project=PROJECT, appender=appender)
    yield found, records(folder)
    appender.close()


def test_all_of_it_is_in_the_log(fed: tuple[Fed, list[Record]]) -> None:
    found, written = fed
    events = [record for record in written if record.kind == Kind.EVENT]
    counted = [record for record in written if record.kind == Kind.COUNTED]

    assert found.accepted == len(events) == len({record.event_id for record in events})
    assert found.refused == sum(record.events for record in counted)
    assert {record.event_id for record in counted} == {"consent"}
    assert len(written) == len(events) + len(counted)


def test_the_history_lies_in_the_past_by_the_servers_clock(fed: tuple[Fed, list[Record]]) -> None:
    rows = bodies([record for record in fed[1] if record.kind == Kind.EVENT])

    assert all(END - 31 * DAY < row["received_at"] <= END for row in rows)
    assert all(abs(row["received_at"] - row["time"]) < 60 for row in rows)
    assert any("time_original" in row for row in rows)  # wrong clocks were put right


def test_reports_have_something_to_show(fed: tuple[Fed, list[Record]]) -> None:
    rows = bodies([record for record in fed[1] if record.kind == Kind.EVENT])
    columns = ["utm_campaign", "referrer_host", "section", "element_key", "first_response_ms"]
    columns += ["error_group", "load_ms", "bot_name", "ua_browser", "layout_signature", "language"]

    for column in columns:
        assert len({row[column] for row in rows if column in row}) > 1, column
    assert {row["actor_kind"] for row in rows} == {"user", "anonymous", "daily"}
    assert {row["surface"] for row in rows} == {"trackflow"}
    assert not any(row.get("country") for row in rows)


def test_a_pseudonym_does_not_outlive_its_day(fed: tuple[Fed, list[Record]]) -> None:
    days: dict[str, set[int]] = {}
    for row in bodies([record for record in fed[1] if record.kind == Kind.EVENT]):
        if row["actor_kind"] == "daily":
            days.setdefault(row["actor"], set()).add(int(row["received_at"] // DAY))

    assert len(days) > 50
    assert all(len(found) == 1 for found in days.values())


def test_places_come_out_of_a_place_database(tmp_path: Path) -> None:
    path = shared("maxmind_test_db/GeoIP2-City-Test.mmdb")
    appender = claim(tmp_path)
    crowd = Crowd(5, addresses=addresses_in(path))
    feed(
        crowd.history(END, events=1500),
        project=PROJECT,
        appender=appender,
        locate=open_places(path),
    )
    rows = bodies([one for one in records(tmp_path) if one.kind == Kind.EVENT])
    appender.close()

    found = {row.get("country", "") for row in rows if not row.get("bot")}
    assert "" not in found
    assert {"US", "GB"} < found


def test_without_room_it_says_so(tmp_path: Path) -> None:
    appender = claim(tmp_path, reserve_bytes=1 << 60)

    with pytest.raises(LogFull):
        feed(Crowd(5).history(END, events=100), project=PROJECT, appender=appender)
    appender.close()


def test_addresses_are_looked_up_by_the_place_that_is_given(tmp_path: Path) -> None:
    appender = claim(tmp_path)
    feed(
        Crowd(5).history(END, events=200),
        project=PROJECT,
        appender=appender,
        locate=lambda ip: Place(country="NO" if ip.startswith("198.") else ""),
    )
    rows = bodies([one for one in records(tmp_path) if one.kind == Kind.EVENT])
    appender.close()

    assert {row["country"] for row in rows} == {"NO"}
