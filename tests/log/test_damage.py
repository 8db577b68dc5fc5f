"""Bytes that changed on disk: what is handed out is right, and what is missing is said."""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from desirepath.log.base import Record
from desirepath.log.sqlite import SqliteLog, claim, files, schema
from tests.log.stories import Drained, blank, crash, draft, drafts, drain

LONG = [pytest.mark.long, pytest.mark.timeout(1200)]
RECORDS = 60


class Kept:
    """A log of one shard at rest, and what was acknowledged in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.truth = drain(SqliteLog(folder)).records
        assert len(self.truth) == RECORDS

    def copy(self, to: Path) -> Path:
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.folder, to)
        return to

    def parts(self, *endings: str) -> list[Path]:
        found = sorted((self.folder / "0").iterdir())
        return [path for path in found if path.name.endswith(endings)]


def killed(folder: Path) -> Kept:
    """The last owner was killed: a part of its records is in the -wal alone."""
    owner = claim(folder, reserve_bytes=0)
    for first in range(1, RECORDS + 1, 3):
        owner.append(drafts(first, 3, size=300))
        if first == 31:
            assert owner._hot is not None
            owner._hot.checkpoint()
    crash(owner)
    return Kept(folder)


def closed(folder: Path) -> Kept:
    """All owners left in good order, and more than one segment is there."""
    for first in (1, 21, 41):
        owner = claim(folder, reserve_bytes=0)
        owner.append(drafts(first, 20, size=300))
        owner.close()
    return Kept(folder)


def large(folder: Path) -> Kept:
    """Bodies that fill pages of their own."""
    owner = claim(folder, reserve_bytes=0)
    for number in range(1, RECORDS + 1):
        owner.append([draft(number, size=9000 if number % 9 == 0 else 10)])
    owner.close()
    return Kept(folder)


def without_a_board(folder: Path) -> Kept:
    """Nobody says how far the log goes, as after a restore of the segments alone."""
    kept = closed(folder)
    (folder / "0" / files.OWNER).unlink()
    return kept


Make = Callable[[Path], Kept]
every_log = pytest.mark.parametrize("make", [killed, closed, large, without_a_board])


def check(found: Drained, truth: dict[tuple[str, int], Record]) -> None:
    """Every acknowledged record is there as it was, or it is said that it is not."""
    for place, record in found.records.items():
        if record.body is not None:
            assert record == truth.get(place), "handed out, and not what was written"
        else:
            assert blank(record) or record == truth[place]._replace(body=None)
    for place in truth:
        assert place in found.records or found.is_lost(*place), f"left out in silence: {place}"


def read(folder: Path) -> Drained:
    log = SqliteLog(folder)
    found = drain(log, records=7)
    log.close()
    return found


def read_twice(folder: Path, *, then: bool = True) -> Iterator[Drained]:
    """As it lies there, and once the next owner has completed it, if there is a `then`."""
    yield read(folder)
    if not then:
        return
    owner = claim(folder, reserve_bytes=0)
    extra = draft(10**6)
    owner.append([extra])
    owner.close()
    found = read(folder)
    (place,) = [at for at, one in found.records.items() if one.event_id == extra.event_id]
    del found.records[place]
    yield found


def test_whole_logs_are_read_without_a_complaint(ram: Path) -> None:
    for make in (killed, closed, large, without_a_board):
        kept = make(ram / make.__name__)
        for found in read_twice(kept.copy(ram / "copy")):
            assert found == (kept.truth, [])


@every_log
@pytest.mark.parametrize("flips", [250, pytest.param(10_000, marks=LONG)])
def test_no_flipped_bit_goes_unnoticed(make: Make, flips: int, ram: Path) -> None:
    kept = make(ram / "log")
    parts = kept.parts(".db", ".db-wal", files.OWNER)
    for seed in range(flips):
        chance = random.Random(seed)
        folder = kept.copy(ram / "copy")
        path = folder / "0" / chance.choices(parts, [part.stat().st_size for part in parts])[0].name
        content = bytearray(path.read_bytes())
        for _ in range(chance.choice([1, 1, 1, 3])):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        for found in read_twice(folder, then=seed % 5 == 0):
            check(found, kept.truth)


@every_log
@pytest.mark.parametrize("wrecks", [40, pytest.param(2000, marks=LONG)])
def test_no_overwritten_stretch_goes_unnoticed(make: Make, wrecks: int, ram: Path) -> None:
    kept = make(ram / "log")
    for seed in range(wrecks):
        chance = random.Random(seed)
        folder = kept.copy(ram / "copy")
        path = folder / "0" / chance.choice(kept.parts(".db")).name
        content = bytearray(path.read_bytes())
        start, length = chance.randrange(len(content)), chance.choice([1, 8, 512, 4096, 10_000])
        junk = chance.choice([bytes(length), chance.randbytes(length)])
        content[start : start + length] = junk[: len(content) - start]
        path.write_bytes(content)
        for found in read_twice(folder):
            check(found, kept.truth)


def test_a_damaged_body_is_told_from_a_damaged_record(ram: Path) -> None:
    kept = closed(ram / "log")
    place, record = next(iter(kept.truth.items()))
    path = kept.parts(".db")[0]
    content = path.read_bytes()

    assert record.body is not None
    path.write_bytes(content.replace(record.body, record.body[:-1] + b"?"))
    assert read(kept.folder).records[place] == record._replace(body=None)

    person = record.person.encode()
    path.write_bytes(content.replace(person, person.upper()))
    assert blank(read(kept.folder).records[place])

    path.write_bytes(content.replace(person, b"\xff" * len(person)))  # not even text any more
    found = read(kept.folder)
    assert blank(found.records[place])
    assert len(found.records) == RECORDS
    assert found.lost == []


def test_records_that_changed_places_are_not_believed(ram: Path) -> None:
    kept = closed(ram / "log")
    db = schema.open_file(kept.parts(".db")[0], apsw.SQLITE_OPEN_READWRITE)
    for old, new in ((5, -1), (6, 5), (-1, 6)):
        db.execute("UPDATE records SET offset = ? WHERE offset = ?", (new, old))
    db.close()

    records = list(read(kept.folder).records.values())
    assert [record.offset for record in records if blank(record)] == [5, 6]


def test_what_lies_around_a_lost_page_is_read(ram: Path) -> None:
    kept = closed(ram / "log")
    path = kept.parts(".db")[0]
    content = bytearray(path.read_bytes())
    with_tenth = content.index(b"person-10,") // schema.PAGE_BYTES * schema.PAGE_BYTES
    content[with_tenth : with_tenth + schema.PAGE_BYTES] = b"\xff" * schema.PAGE_BYTES
    path.write_bytes(content)

    found = read(kept.folder)
    ((log_id, first, last),) = found.lost
    missing = [place for place in kept.truth if place not in found.records]
    assert missing == [(log_id, offset) for offset in range(first, last + 1)]
    assert 1 < first <= 10 <= last < 20
    check(found, kept.truth)


def cuts(kept: Kept, ending: str, last: int, step: int) -> Iterator[tuple[Path, int]]:
    """A copy for each length that `last` bytes at the end of a file can be cut to."""
    part = kept.parts(ending)[-1]
    size = part.stat().st_size
    for length in range(size - last, size, step):
        folder = kept.copy(part.parent.parent.with_name("copy"))
        with (folder / "0" / part.name).open("r+b") as file:
            file.truncate(length)
        yield folder, length


# A commit of one record is two or three frames: its page, the sequence and now and then a parent.
@pytest.mark.parametrize("step", [499, pytest.param(1, marks=LONG)])
@pytest.mark.parametrize("board", [True, False])
def test_a_wal_cut_anywhere_in_its_last_commits(step: int, board: bool, ram: Path) -> None:
    kept = killed(ram / "log")
    before = [place for place in kept.truth if place[1] <= RECORDS - 6]
    for folder, length in cuts(kept, "-wal", 5 * schema.FRAME_BYTES, step):
        if not board:
            (folder / "0" / files.OWNER).unlink()
        for found in read_twice(folder):
            assert all(found.records[place] == kept.truth[place] for place in before), length
            for place, record in found.records.items():
                assert record == kept.truth[place]
            if board:  # even of the commits that were cut off it is known that they were there
                check(found, kept.truth)


def test_a_damaged_wal_is_not_thrown_away(ram: Path) -> None:
    kept = killed(ram / "log")
    (part,) = kept.parts(".db-wal")
    content = bytearray(part.read_bytes())
    content[schema.WAL_HEADER_BYTES + 3 * schema.FRAME_BYTES + 1000] ^= 1
    part.write_bytes(content)

    for _ in range(3):
        owner = claim(kept.folder, reserve_bytes=0)
        owner.append([draft(10**6)])
        owner.close()
        assert part.read_bytes() == content
        found = read(kept.folder)
        assert len(found.lost) == 1
        check(
            Drained(
                {at: found.records[at] for at in kept.truth if at in found.records}, found.lost
            ),
            kept.truth,
        )


@pytest.mark.parametrize("step", [131, pytest.param(1, marks=LONG)])
def test_a_segment_cut_anywhere_in_its_last_records(step: int, ram: Path) -> None:
    kept = closed(ram / "log")
    for folder, _ in cuts(kept, ".db", 2 * schema.PAGE_BYTES, step):
        for found in read_twice(folder):
            check(found, kept.truth)


def test_a_segment_that_is_no_database_any_more_hides_no_other(ram: Path) -> None:
    kept = closed(ram / "log")
    first, second, third = kept.parts(".db")
    second.write_bytes(b"nothing that SQLite knows" * 1000)

    found = read(kept.folder)
    ids = [log_id for log_id, _ in kept.truth]
    assert found.lost == [(ids[20], 21, 40)]
    assert [place for place in kept.truth if place in found.records] == [
        *list(kept.truth)[:20],
        *list(kept.truth)[40:],
    ]
    assert first.exists()
    assert third.exists()


def test_without_the_checksum_a_changed_body_would_be_believed(
    ram: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desirepath.log.sqlite.checksum.crc32", lambda data, start=0: 7)
    kept = closed(ram / "log")
    place, record = next(iter(kept.truth.items()))
    path = kept.parts(".db")[0]
    assert record.body is not None
    path.write_bytes(path.read_bytes().replace(record.body, record.body[:-1] + b"?"))

    assert read(kept.folder).records[place].body == record.body[:-1] + b"?"
    with pytest.raises(AssertionError, match="not what was written"):
        check(read(kept.folder), kept.truth)
