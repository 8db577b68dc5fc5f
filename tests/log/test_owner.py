"""Who owns a shard, and what an owner does with what the one before left."""

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from desirepath.errors import LogBroken, Misconfigured
from desirepath.log.sqlite import GroupCommit, SqliteLog, claim, files, schema
from tests.log.stories import crash, draft, drafts, drain

ROOT = Path(__file__).parents[2]


def test_another_process_gets_the_next_shard(tmp_path: Path) -> None:
    owner = claim(tmp_path, reserve_bytes=0)
    command = [sys.executable, "-m", "tests.log.writing", str(tmp_path), "5"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[0] == "claimed 1"
    owner.append([draft(99)])
    assert {segment.shard for segment in SqliteLog(tmp_path).segments()} == {0, 1}


def test_the_lowest_free_shard_is_taken(tmp_path: Path) -> None:
    owners = [claim(tmp_path, reserve_bytes=0) for _ in range(3)]
    assert [owner.shard for owner in owners] == [0, 1, 2]
    owners[1].close()
    crash(owners[0])

    assert [claim(tmp_path, reserve_bytes=0).shard for _ in range(3)] == [0, 1, 3]


def test_readers_that_look_at_the_lock_take_no_shard_from_anybody(tmp_path: Path) -> None:
    claim(tmp_path, reserve_bytes=0).close()
    log, stop = SqliteLog(tmp_path), threading.Event()
    log.segments()
    (shelf,) = log._shelves.values()

    def look() -> None:
        while not stop.is_set():
            shelf.has_no_owner()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for _ in range(50):
            owner = claim(tmp_path, reserve_bytes=0)
            assert owner.shard == 0
            owner.close()
    finally:
        stop.set()
        watcher.join()


def test_claiming_alone_leaves_no_segment(tmp_path: Path) -> None:
    for _ in range(3):
        claim(tmp_path, reserve_bytes=0).close()

    assert SqliteLog(tmp_path).segments() == []


def test_the_next_owner_completes_what_a_killed_one_left(tmp_path: Path) -> None:
    owner = claim(tmp_path, reserve_bytes=0)
    owner.append(drafts(1, 10))
    crash(owner)
    (left,) = files.segment_files(tmp_path, 0)
    assert left.wal_bytes() > 0
    debris = [
        left.path.with_name(f"00000007-{'0' * 32}.db.new"),
        left.path.with_name(f"00000007-{'0' * 32}.db.new-journal"),
        left.path.with_name(f"00000008-{'0' * 32}.db-wal"),
    ]
    for path in debris:
        path.write_bytes(b"what a crash left")
    foreign = left.path.with_name("notes.db-old")
    foreign.write_bytes(b"not ours")

    claim(tmp_path, reserve_bytes=0)
    assert sorted(path.name for path in (tmp_path / "0").iterdir()) == sorted(
        [left.path.name, files.OWNER, foreign.name]
    )
    assert drain(SqliteLog(tmp_path)).drafts() == drafts(1, 10)


@pytest.mark.parametrize("ending", ["closed", "killed", "trimmed"])
def test_offsets_go_on_growing_with_the_next_owner(ending: str, tmp_path: Path) -> None:
    owner = claim(tmp_path, reserve_bytes=0)
    owner.append(drafts(1, 10))
    if ending == "killed":
        crash(owner)
    else:
        owner.close()
    log = SqliteLog(tmp_path)
    if ending == "trimmed":
        log.trim(log.segments()[0].log_id)
    for number in (11, 12):
        claim(tmp_path, reserve_bytes=0).close()  # an owner that writes nothing
        owner = claim(tmp_path, reserve_bytes=0)
        owner.append([draft(number)])
        assert log.segments()[-1].first == number
        owner.close()
    assert drain(log).drafts() == (drafts(11, 2) if ending == "trimmed" else drafts(1, 12))


def test_the_last_segment_of_an_owner_who_is_gone_is_sealed(tmp_path: Path) -> None:
    owner, log = claim(tmp_path, reserve_bytes=0), SqliteLog(tmp_path)
    owner.append(drafts(1, 3))
    assert [segment.sealed for segment in log.segments()] == [False]
    crash(owner)

    assert [segment.sealed for segment in SqliteLog(tmp_path).segments()] == [True]
    until = time.monotonic() + 5  # one who read before looks at the lock once a second
    while not log.segments()[0].sealed:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert drain(log).drafts() == drafts(1, 3)


def test_an_owner_whose_lock_was_removed_stops(tmp_path: Path) -> None:
    owner = claim(tmp_path, reserve_bytes=0)
    owner.append([draft(1)])
    (tmp_path / "0" / files.OWNER).unlink()
    other = claim(tmp_path, reserve_bytes=0)
    assert other.shard == 0

    def go_on() -> None:
        until = time.monotonic() + 5  # it looks once a second
        while time.monotonic() < until:
            owner.append([draft(2)])

    for _ in range(3):  # and it never starts again
        with pytest.raises(LogBroken, match="was removed while this process owned the shard"):
            go_on()
    other.append([draft(3)])
    assert SqliteLog(tmp_path).segments()[-1].log_id in SqliteLog(tmp_path).newest()


def test_a_segment_is_ended_by_its_age_and_never_empty(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path)
    group = GroupCommit(claim(tmp_path, reserve_bytes=0, segment_seconds=0.2))

    async def submit(number: int) -> None:
        await group.submit([draft(number)], asyncio.get_running_loop())

    for number in (1, 2):
        asyncio.run(submit(number))
        until = time.monotonic() + 10
        while [segment.sealed for segment in log.segments()] != [True] * number:
            assert time.monotonic() < until, log.segments()
            time.sleep(0.02)
    time.sleep(0.5)
    assert len(log.segments()) == 2
    assert group.close(5)


def test_a_closed_owner_takes_nothing(tmp_path: Path) -> None:
    owner = claim(tmp_path, reserve_bytes=0)
    owner.close()
    owner.close()

    with pytest.raises(LogBroken, match="stopping"):
        owner.append([draft(1)])


def test_a_file_in_the_place_of_the_folder_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("")

    with pytest.raises(Misconfigured, match="move it away"):
        claim(tmp_path / "log")


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.52.0"])
def test_a_sqlite_that_can_corrupt_a_log_is_refused(version: str) -> None:
    with pytest.raises(Misconfigured, match=f"apsw brought {version}"):
        schema.require_sqlite(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.53.0", "3.54.1", "4.0.0"])
def test_a_sqlite_with_the_fix_is_taken(version: str) -> None:
    schema.require_sqlite(version)
