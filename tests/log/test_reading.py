"""Reading while others write, remove or have been killed."""

import os
import subprocess
import sys
import time
from pathlib import Path

from desirepath.log.base import Draft
from desirepath.log.sqlite import SqliteLog, claim, files, schema
from tests.log.stories import as_draft, crash, draft, drafts, drain

ROOT = Path(__file__).parents[2]


def test_whole_commits_are_seen_in_order_while_another_process_writes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.log.writing", str(tmp_path / "log"), "400"]
    log = SqliteLog(tmp_path / "log")
    read: list[Draft] = []
    seen = log.newest()
    positions: dict[str, int] = {}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as writer:
        while True:
            over, newest = writer.poll() is not None, log.newest()
            if newest == seen and not over:
                time.sleep(0.001)
                continue
            seen = newest
            for segment in log.segments():
                after = positions.get(segment.log_id, 0)
                got = log.read(segment.log_id, after, records=9999, size=1 << 20)
                read += map(as_draft, got)
                positions[segment.log_id] = max([after, *(record.offset for record in got)])
            if over:
                break

    assert writer.returncode == 0
    assert read == drafts(1, len(read))
    assert len(read) == sum(1 + commit % 7 for commit in range(400))
    assert len(positions) > 3, "over several segments"


def test_a_killed_writers_wal_is_read_and_left_alone(tmp_path: Path) -> None:
    owner = claim(tmp_path, reserve_bytes=0)
    owner.append(drafts(1, 100))
    crash(owner)
    (file,) = files.segment_files(tmp_path, 0)
    database, wal = file.path.read_bytes(), files.wal(file.path).read_bytes()
    assert b"person-100" in wal
    assert b"person-100" not in database

    for _ in range(2):
        log = SqliteLog(tmp_path)
        assert drain(log).drafts() == drafts(1, 100)
        log.close()
    assert (file.path.read_bytes(), files.wal(file.path).read_bytes()) == (database, wal)


def test_a_living_writer_is_not_disturbed(tmp_path: Path) -> None:
    owner = claim(tmp_path, reserve_bytes=0)
    for number in range(1, 30):
        owner.append([draft(number)])
        log = SqliteLog(tmp_path)
        assert drain(log).drafts() == drafts(1, number)
        log.close()
    (file,) = files.segment_files(tmp_path, 0)
    assert file.wal_bytes() > 0


def test_a_reader_in_the_middle_of_a_segment_does_not_hold_its_writer_up(tmp_path: Path) -> None:
    owner, log = claim(tmp_path, reserve_bytes=0), SqliteLog(tmp_path)
    owner.append(drafts(1, 10))
    (file,) = files.segment_files(tmp_path, 0)
    reader = schema.open_reading(file.path, settled=False)
    reading = reader.execute("SELECT offset FROM records")
    assert reading.fetchone() == (1,)

    owner.rotate()
    owner.append(drafts(11, 10))
    assert [segment.sealed for segment in log.segments()] == [True, False]
    assert file.wal_bytes() > 0, "what is being read stays"
    assert [offset for (offset,) in reading] == list(range(2, 11))
    reader.close()
    assert drain(log).drafts() == drafts(1, 20)
    log.close()
    owner.close()
    claim(tmp_path, reserve_bytes=0).close()
    assert not files.wal(file.path).exists(), "the next owner completes it"


def test_sealed_segments_are_one_file_each(tmp_path: Path) -> None:
    owner, log = claim(tmp_path, reserve_bytes=0), SqliteLog(tmp_path)
    for number in range(1, 4):
        owner.append([draft(number)])
        owner.rotate()
    assert drain(log).drafts() == drafts(1, 3)

    names = sorted(path.name for path in (tmp_path / "0").iterdir())
    assert [name for name in names if not name.endswith(".db")] == [files.OWNER]
    assert len(names) == 4


def test_a_segment_trimmed_in_the_middle_of_reading(tmp_path: Path) -> None:
    owner = claim(tmp_path, reserve_bytes=0)
    owner.append(drafts(1, 10))
    owner.rotate()
    owner.append(drafts(11, 10))
    reader, trimmer = SqliteLog(tmp_path), SqliteLog(tmp_path)
    first, second = (segment.log_id for segment in reader.segments())
    begun = reader.read(first, 0, records=4, size=1 << 20)
    trimmer.segments()
    trimmer.trim(first)

    rest = reader.read(first, 4, records=99, size=1 << 20)
    assert [as_draft(record) for record in begun + rest] == drafts(1, 10), "it is still open"
    assert [segment.log_id for segment in reader.segments()] == [second]
    assert reader.read(first, 4, records=99, size=1 << 20) == []
    assert reader.end(first) == 0
    assert drain(reader).drafts() == drafts(11, 10)


def test_asking_for_news_touches_no_segment(tmp_path: Path) -> None:
    owner, log = claim(tmp_path, reserve_bytes=0), SqliteLog(tmp_path)
    owner.append(drafts(1, 3))
    (file,) = files.segment_files(tmp_path, 0)
    file.path.rename(tmp_path / "elsewhere")

    assert log.newest() == {file.log_id: 3}


def test_few_files_are_open_however_many_segments_there_are(tmp_path: Path) -> None:
    owner = claim(tmp_path, reserve_bytes=0)
    for number in range(1, 31):
        owner.append([draft(number)])
        owner.rotate()
    log = SqliteLog(tmp_path, connections=3)
    for _ in range(2):
        assert drain(log).drafts() == drafts(1, 30)

    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        descriptors = Path("/dev/fd")
    paths = [os.readlink(link) for link in descriptors.iterdir() if link.is_symlink()]
    assert len([path for path in paths if path.startswith(f"{tmp_path}/0/0")]) <= 3


def test_a_segment_that_appears_at_once_after_a_look_is_not_overlooked(tmp_path: Path) -> None:
    owner, log = claim(tmp_path, reserve_bytes=0), SqliteLog(tmp_path)
    for number in range(1, 60):  # faster than the clock of the file system ticks
        owner.append([draft(number)])
        owner.rotate()
        assert len(log.segments()) == number
