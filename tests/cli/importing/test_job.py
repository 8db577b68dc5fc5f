import gzip
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree
from typing import Any, NamedTuple

import pytest

from desirepath.cli.importing.job import Progress
from desirepath.cli.importing.state import Place, Totals
from desirepath.errors import Invalid, Locked, LogFull, Malformed
from desirepath.ingest.base import Place as Location
from desirepath.log.base import Draft, Kind, Record
from desirepath.log.sqlite import claim
from tests.cli.importing.conftest import Importing, bodies, log_line, records, write
from tests.shared_data import shared

NOON = 1431864000.0


def state_files(tmp_path: Path) -> list[bytes]:
    return [file.read_bytes() for file in (tmp_path / "imports").glob("*.json")]


def test_every_line_of_a_log_is_accepted_or_refused(tmp_path: Path, importing: Importing) -> None:
    path = write(
        tmp_path / "access.log",
        log_line(0, "/a"),
        "",
        "no log line of ann@example.com",
        log_line(5, "/b").replace("17/May", "99/May"),
        log_line(9, "/c", agent="Googlebot/2.1 (+http://www.google.com/bot.html)"),
    )

    summary = importing(path, host="shop.example")

    assert summary.totals == Totals(
        lines=4,
        accepted=2,
        refused={"bad_line": 1, "bad_time": 1},
        bots={"Googlebot": 1},
        first=NOON,
        last=NOON + 9,
    )
    found = records(tmp_path / "log")
    kept = bodies([record for record in found if record.kind == Kind.REFUSED])
    assert [(row["reason"], row["position"]) for row in kept] == [("bad_line", 3), ("bad_time", 4)]
    assert "ann@example.com" not in kept[0]["body"]
    events = bodies([record for record in found if record.kind == Kind.EVENT])
    assert [(row["path"], row["host"], row["time"]) for row in events] == [
        ("/a", "shop.example", NOON),
        ("/c", "shop.example", NOON + 9),
    ]


def test_an_import_twice_has_every_event_once(tmp_path: Path, importing: Importing) -> None:
    lines = [log_line(0), log_line(0), log_line(1), "bad"]  # two equal requests in one second
    importing(write(tmp_path / "access.log", *lines))
    importing(write(tmp_path / "copy.log.gz", *lines))
    importing(str(tmp_path / "access.log"), again=True)

    events = [record for record in records(tmp_path / "log") if record.kind == Kind.EVENT]
    assert len(events) == 9
    assert all(record.known for record in events)
    assert Counter(Counter(record.event_id for record in events).values()) == {3: 3}


def test_equal_lines_of_two_servers_are_two_events(tmp_path: Path, importing: Importing) -> None:
    importing(write(tmp_path / "a.log", log_line(0)), label="web1")
    importing(write(tmp_path / "b.log", log_line(0)), label="web2")

    assert len({record.event_id for record in records(tmp_path / "log")}) == 2


def test_a_finished_file_is_not_read_again_until_it_grows(
    tmp_path: Path, importing: Importing
) -> None:
    path = write(tmp_path / "access.log", log_line(0), log_line(1))
    first = importing(path)
    second = importing(path)
    with open(path, "a") as file:
        file.write(log_line(2) + "\n")
    third = importing(path)

    assert (first.lines, first.resumed_at) == (2, 0)
    assert (second.lines, second.resumed_at, second.totals) == (0, 2, first.totals)
    assert (third.lines, third.resumed_at, third.totals.accepted) == (1, 2, 1)
    assert len(records(tmp_path / "log")) == 3


def test_a_rotated_file_begins_anew(tmp_path: Path, importing: Importing) -> None:
    path = write(tmp_path / "access.log", log_line(0), log_line(1))
    importing(path)
    write(tmp_path / "access.log", log_line(7), log_line(8), log_line(9))

    assert importing(path).lines == 3


def test_other_options_than_it_was_begun_with_are_refused(
    tmp_path: Path, importing: Importing
) -> None:
    path = write(tmp_path / "access.log", log_line(0))
    importing(path, host="a.example")

    with pytest.raises(Invalid, match=r"--host a\.example"):
        importing(path, host="b.example")
    assert importing(path, host="b.example", again=True).lines == 1


def test_a_visitor_has_one_pseudonym_and_the_salt_is_destroyed(
    tmp_path: Path, importing: Importing
) -> None:
    salts = []

    def watch(progress: Progress) -> None:
        salts.extend(state_files(tmp_path))

    lines = [log_line(0), log_line(60), log_line(4000), log_line(4000, ip="192.0.2.2")]
    importing(write(tmp_path / "access.log", *lines), progress=watch)

    events = bodies(records(tmp_path / "log"))
    assert [row["actor_kind"] for row in events] == ["daily"] * 4
    assert len({row["actor"] for row in events}) == 2
    sessions = [row["session_id"] for row in events]
    assert (sessions[0] == sessions[1], len(set(sessions))) == (True, 3)
    assert b'"salt":"",' not in salts[0]
    (left,) = state_files(tmp_path)
    assert b'"salt":"",' in left
    assert b"192.0.2" not in salts[0] + left


def test_places_are_looked_up_by_address_only(tmp_path: Path, importing: Importing) -> None:
    asked = []

    def locate(ip: str) -> Location:
        asked.append(ip)
        return Location(country="NO")

    lines = [log_line(0), log_line(1), log_line(1, ip="name.example"), log_line(1, ip="-")]
    importing(write(tmp_path / "access.log", *lines), locate=locate)

    assert asked == ["192.0.2.1"]
    countries = [row.get("country", "") for row in bodies(records(tmp_path / "log"))]
    assert countries == ["NO", "NO", "", ""]


def test_progress_is_told_in_bytes_of_the_file(tmp_path: Path, importing: Importing) -> None:
    path = write(tmp_path / "access.log", *(log_line(second) for second in range(100)))
    told: list[Progress] = []

    importing(path, batch=40, progress=told.append)

    size = os.path.getsize(path)
    assert [progress.lines for progress in told] == [40, 80, 100]
    assert told[-1].done == told[-1].total == size


def test_a_damaged_gzip_gives_what_comes_before(tmp_path: Path, importing: Importing) -> None:
    raw = "".join(f"{log_line(second, f'/{os.urandom(8).hex()}')}\n" for second in range(3000))
    path = tmp_path / "access.log.gz"
    whole = gzip.compress(raw.encode())
    path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(Malformed, match="cut off"):
        importing(str(path))
    before = len(records(tmp_path / "log"))
    path.write_bytes(whole)
    summary = importing(str(path))

    assert 0 < before < 3000
    assert (summary.resumed_at, summary.totals.accepted) == (before, 3000)
    assert len({record.event_id for record in records(tmp_path / "log")}) == 3000


def test_a_csv_goes_on_after_its_header(tmp_path: Path, importing: Importing) -> None:
    path = tmp_path / "events.csv"
    header = "eventId,eventType,timestamp,sessionId,pageUrl,properties.note\n"
    row = "{0},page_view,1625539200000,s,https://example.com/,{1}\n"
    path.write_text(header + row.format("a", "1") + row.format("b", '"two\nlines"'))
    importing(str(path))
    with path.open("a") as file:
        file.write(row.format("c", "3") + "\n")

    assert importing(str(path)).totals.accepted == 1
    notes = [row["extra"]["note"] for row in bodies(records(tmp_path / "log"))]
    assert notes == [1, "two\nlines", 3]


def test_standard_input(tmp_path: Path) -> None:
    raw = "".join(log_line(second) + "\n" for second in range(3)).encode()

    for data in (raw, gzip.compress(raw)):
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(tmp_path), "-"], input=data, capture_output=True
        )
        assert done.stdout.decode().split()[-1] == "3", done.stderr

    assert len({record.event_id for record in records(tmp_path / "log")}) == 3
    assert not list((tmp_path / "imports").glob("*"))


def test_one_import_of_a_file_at_a_time(tmp_path: Path, importing: Importing) -> None:
    path = write(tmp_path / "access.log", log_line(0))

    with (
        Place(tmp_path / "imports", "default", Path(path)),
        pytest.raises(Locked, match="another process"),
    ):
        importing(path)
    assert importing(path).lines == 1


def test_a_full_log_is_waited_for_and_then_said(tmp_path: Path, importing: Importing) -> None:
    path = write(tmp_path / "access.log", *(log_line(second) for second in range(50)))
    full = claim(tmp_path / "log", reserve_bytes=1 << 60)
    try:
        with pytest.raises(LogFull):
            importing(path, appender=full, patience=0.2)
    finally:
        full.close()

    assert importing(path).totals.accepted == 50


# Imports a file in small batches, and says after each how many lines it has.
RUN = """
import sys
from pathlib import Path
from desirepath.cli.importing.job import run_import
from desirepath.log.sqlite import claim
from desirepath.model.project import Project
folder = Path(sys.argv[1])
appender = claim(folder / "log")
summary = run_import(
    sys.argv[2], project=Project(id="default"), appender=appender, folder=folder / "imports",
    batch=100, progress=lambda now: print(now.lines, flush=True),
)
appender.close()
print(summary.totals.accepted)
"""


@pytest.mark.parametrize("remembers", [True, False], ids=["as it is", "control: without a state"])
def test_a_killed_import_goes_on_and_counts_nothing_twice(tmp_path: Path, remembers: bool) -> None:
    lines = [
        log_line(second * 7, f"/{second % 50}", ip=f"192.0.2.{second % 23}")
        for second in range(2000)
    ]
    lines[500] = lines[501] = "bad"
    path = write(tmp_path / "access.log", *lines)
    whole = tmp_path / "whole"
    subprocess.run([sys.executable, "-c", RUN, str(whole), path], check=True, capture_output=True)

    for batches in (3, 4, 5):
        run = subprocess.Popen(
            [sys.executable, "-c", RUN, str(tmp_path), path], stdout=subprocess.PIPE
        )
        assert run.stdout is not None
        for _ in range(batches):
            run.stdout.readline()
        run.kill()
        run.wait()
        run.stdout.close()
        if not remembers:
            rmtree(tmp_path / "imports")
    last = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path), path], check=True, capture_output=True
    )

    assert last.stdout.decode().split()[-1] == "1998"
    found, expected = shape(tmp_path / "log"), shape(whole / "log")
    assert found.ids == expected.ids  # by the lines alone
    assert (found.actors == expected.actors) is remembers
    assert (found.sessions == expected.sessions) is remembers


def test_a_kill_between_the_log_and_the_state_counts_nothing_twice(
    tmp_path: Path, importing: Importing
) -> None:
    path = write(tmp_path / "access.log", *(log_line(second) for second in range(100)))
    appender = DiesAfter(tmp_path / "log", appends=2)

    with pytest.raises(KeyboardInterrupt):
        importing(path, batch=30, appender=appender)
    appender.close()
    summary = importing(path, batch=30)

    found = records(tmp_path / "log")
    assert summary.totals.accepted == len({record.event_id for record in found}) == 100
    assert len(found) > 100  # some came again, with the ids they had
    assert len({row["session_id"] for row in bodies(found)}) == 1


class DiesAfter:
    """A log whose process ends right after the n-th append became durable."""

    def __init__(self, folder: Path, appends: int) -> None:
        self._log, self._left = claim(folder), appends

    def append(self, drafts: Sequence[Draft]) -> None:
        self._log.append(drafts)
        self._left -= 1
        if self._left == 0:
            raise KeyboardInterrupt

    def close(self) -> None:
        self._log.close()


class Shape(NamedTuple):
    """What must be equal though the salts differ: ids, and which events share whom."""

    ids: set[str]
    actors: list[list[str]]
    sessions: list[list[str]]


def shape(log: Path) -> Shape:
    # Of equal ids the first counts, as in the store.
    first: dict[str, Record] = {}
    for record in records(log):
        if record.kind == Kind.EVENT:
            first.setdefault(record.event_id, record)
    rows = bodies(list(first.values()))
    return Shape(set(first), sharing(rows, "actor"), sharing(rows, "session_id"))


def sharing(rows: list[dict[str, Any]], column: str) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(row[column], []).append(row["event_id"])
    return sorted(sorted(group) for group in groups.values())


def test_ten_thousand_real_lines(tmp_path: Path, importing: Importing) -> None:
    summary = importing(str(shared("elastic_apache_logs/apache_logs")), host="semicomplete.com")

    assert summary.totals.lines == summary.totals.accepted == 10_000
    assert summary.totals.refused == {}
    events = bodies(records(tmp_path / "log"))
    assert sum(row["http_status"] == 404 for row in events) == 213
    assert len({row["event_id"] for row in events}) == 10_000
    assert sum(row.get("bot", False) for row in events) == sum(summary.totals.bots.values()) > 1000
